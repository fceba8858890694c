// What this browser has of what Offing uses, here: in a page or in a worker. Looks, and touches nothing.

export interface Capability {
  how: 'native' | 'fallback' | 'none';
  reason: string; // '' if native
}

const root = globalThis as unknown as Record<string, { prototype?: object } | undefined>;

// What has to be there, and what is done instead.
const TABLE = {
  offline: ['ServiceWorkerRegistration'],
  preload: ['NavigationPreloadManager', 'pages wait for the worker'],
  staticRouting: ['InstallEvent.addRoutes', 'only a worker can tell'],
  estimate: ['StorageManager.estimate'],
  persist: ['StorageManager.persist'],
  backgroundSync: ['SyncManager', 'while a page is open'],
  periodicSync: ['PeriodicSyncManager', 'while a page is open'],
  backgroundFetch: ['BackgroundFetchManager', 'while a page is open'],
  push: ['PushManager'],
  badge: ['Navigator.setAppBadge'],
};

export type CapabilityName = keyof typeof TABLE;

export function support(): Record<CapabilityName, Capability> {
  const found = {} as Record<string, Capability>;
  for (const [name, [path = '', instead]] of Object.entries(TABLE)) {
    const [type = '', member = 'constructor'] = path.split('.');
    const native = member in (root[type]?.prototype ?? []) && root[type];
    found[name] = native
      ? { how: 'native', reason: '' }
      : {
          how: instead ? 'fallback' : 'none',
          reason: instead ?? (root['isSecureContext'] ? 'missing' : 'needs https'),
        };
  }
  return found;
}
