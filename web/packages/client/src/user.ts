// Who is logged in, as far as caches are concerned.
import { ask } from './link.ts';

// Tells the worker who the user is; null: nobody. Once it resolves, nothing that was kept for anybody else is left. To be called at every start of
// the page, and when somebody logs in; what was kept for the user stays.
export async function setUser(id: string | null): Promise<void> {
  await ask({ offing: 'user', id });
}

export const logout = (): Promise<void> => setUser(null);
