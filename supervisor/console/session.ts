import { signal } from '@preact/signals';

const KEY = 'roomd.token';

/** The token that the page shows the supervisor; null: none. It stays in this tab. */
export const token = signal<string | null>(sessionStorage.getItem(KEY));

export function signIn(secret: string): void {
  sessionStorage.setItem(KEY, secret);
  token.value = secret;
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  token.value = null;
}
