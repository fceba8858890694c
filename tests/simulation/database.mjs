// IndexedDB, as much of it as the outbox uses, with what counts: transactions one after the other, over all connections; active only while their
// creation or one of their callbacks runs, to its last promise; committed by themselves when no request is left; whole or not at all, also when their
// context dies; an answer after the commit may never be heard.
import { Blob } from './blob.mjs';

const named = (name) => Object.assign(new Error(name), { name });

// Structured clone of what entries are made of. Blobs do not change.
function clone(value) {
  if (typeof value !== 'object' || value === null || value instanceof Blob) return value;
  const copy = {};
  for (const key in value) copy[key] = clone(value[key]);
  return copy;
}

class Transaction {
  error = null;
  state = 'waiting'; // running, ended
  #database;
  #context;
  #requests = [];
  #changes = { entries: new Map(), meta: new Map() };
  #active = false;

  constructor(database, context) {
    this.#database = database;
    this.#context = context;
    this.#activate(() => {});
  }

  objectStore(name) {
    const ask = (run) => this.#request(name, run);
    return {
      get: (key) => ask(() => this.#read(name, key)),
      getAll: () => ask(() => this.#all(name)),
      put: (value, key = value.order) => this.#put(name, key, clone(value)),
      delete: (key) => ask(() => void this.#changes[name].set(key, undefined)),
      index: () => ({ get: (id) => ask(() => clone(this.#byId(id))) }),
    };
  }

  abort(error = null) {
    if (this.state === 'ended') throw named('InvalidStateError');
    this.error = error;
    this.#end();
    for (const request of this.#requests.splice(0)) this.#tell(request, 'onerror', { error: named('AbortError') });
    this.#context.later('database.abort', 0, () => this.onabort?.());
  }

  start() {
    this.state = 'running';
    if (!this.#active) this.#next();
  }

  #put(name, key, value) {
    const { world } = this.#database;
    const wanted = world.quota(value);
    if (world.options.sabotage === 'lease') delete value.lease;
    if (wanted) world.scheduler.after(0, () => this.state !== 'ended' && this.abort(named('QuotaExceededError')));
    return this.#request(name, () => {
      const double = name === 'entries' && this.#byId(value.id);
      if (double && double.order !== key) throw named('ConstraintError');
      this.#changes[name].set(key, value);
    });
  }

  #byId(id) {
    const { entries } = this.#changes;
    for (const value of entries.values()) if (value?.id === id) return value;
    for (const [key, value] of this.#database.tables.entries) if (value.id === id && !entries.has(key)) return value;
    return undefined;
  }

  #read(name, key) {
    const changed = this.#changes[name];
    return clone(changed.has(key) ? changed.get(key) : this.#database.tables[name].get(key));
  }

  #all(name) {
    const merged = new Map(this.#database.tables[name]);
    for (const [key, value] of this.#changes[name]) merged.set(key, value);
    const keys = [...merged.keys()].sort((a, b) => a - b);
    return keys.map((key) => clone(merged.get(key))).filter(Boolean);
  }

  #request(name, run) {
    if (!this.#active || this.state === 'ended') throw named('TransactionInactiveError');
    const request = { run };
    this.#requests.push(request);
    return request;
  }

  // Requests may be made until this has come to its end.
  #activate(run) {
    this.#active = true;
    run();
    this.#database.world.scheduler.atEnd(() => {
      this.#active = false;
      if (this.state === 'running') this.#next();
    });
  }

  #tell(request, how, outcome) {
    Object.assign(request, outcome);
    this.#context.later('database.answer', 0, () => this.#activate(() => request[how]?.()));
  }

  #next() {
    if (this.state !== 'running' || this.busy) return;
    this.busy = true;
    const [request] = this.#requests;
    const { world } = this.#database;
    const point = request ? 'database.request' : 'database.commit';
    this.#context.later(point, world.random.fraction() * 2, () => {
      this.busy = false;
      if (this.state !== 'running') return undefined;
      if (!request) return this.#commit();
      this.#requests.shift();
      try {
        request.result = request.run();
      } catch (error) {
        request.error = error;
        return this.abort(error);
      }
      return this.#activate(() => request.onsuccess?.());
    });
  }

  #commit() {
    const { world } = this.#database;
    // Without write-ahead what is said to be on the disk is there some time later, if nothing happens until then.
    const early = world.options.sabotage === 'write-ahead';
    if (early) this.#context.later('database.complete', 0, () => this.oncomplete?.());
    const write = () => {
      if (this.state === 'ended') return;
      this.#end();
      this.#database.apply(this.#changes);
      if (!early) this.#context.later('database.complete', world.random.fraction(), () => this.oncomplete?.());
    };
    if (early) this.#context.later('database.commit', 20 + world.random.fraction() * 500, write);
    else write();
  }

  #end() {
    this.state = 'ended';
    this.#database.ended(this);
  }
}

export class Database {
  tables = { entries: new Map(), meta: new Map() };
  #made = false;
  #transactions = [];
  #connections = new Set();

  constructor(world) {
    this.world = world;
  }

  // As indexedDB of a context.
  factoryOf(context) {
    return {
      open: () => {
        const request = {};
        context.later('database.open', this.world.random.fraction() * 3, () => {
          request.result = this.#connect(context);
          if (!this.#made) request.onupgradeneeded?.();
          this.#made = true;
          request.onsuccess?.();
        });
        return request;
      },
    };
  }

  #connect(context) {
    const running = new Set();
    const connection = {
      createObjectStore: () => ({ createIndex() {} }),
      close: () => this.#connections.delete(connection),
      transaction: () => {
        if (!this.#connections.has(connection)) throw named('InvalidStateError');
        const transaction = new Transaction(this, context);
        running.add(transaction);
        context.onDeath(() => transaction.state !== 'ended' && transaction.abort());
        this.#transactions.push(transaction);
        this.#begin();
        return transaction;
      },
      // What browsers do to a connection now and then.
      lose: () => {
        this.#connections.delete(connection);
        for (const each of running) if (each.state !== 'ended') each.abort(named('AbortError'));
        context.later('database.close', 0, () => connection.onclose?.());
      },
    };
    this.#connections.add(connection);
    return connection;
  }

  lose() {
    for (const connection of this.#connections) connection.lose();
  }

  // Every connection is asked to make way for a later version.
  askToClose() {
    for (const connection of this.#connections) connection.onversionchange?.();
  }

  ended(transaction) {
    this.#transactions = this.#transactions.filter((each) => each !== transaction);
    this.#begin();
  }

  #begin() {
    if (this.#transactions[0]?.state === 'waiting') this.#transactions[0].start();
  }

  apply(changes) {
    for (const [name, changed] of Object.entries(changes)) {
      for (const [key, value] of changed) {
        if (value === undefined) this.tables[name].delete(key);
        else this.tables[name].set(key, value);
      }
    }
    this.world.committed(this.tables.entries);
  }
}
