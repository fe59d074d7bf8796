import { signal } from '@preact/signals';
import type { Refusal } from './worker/protocol.ts';

const KEY = 'roomd.token';

/** The token that the page shows the supervisor; null: none. It stays in this tab. */
export const token = signal<string | null>(sessionStorage.getItem(KEY));
/** The ticket of an invitation into that room, beside the token: whoever signed in stays so on all other pages. */
export function keptTicket(roomId: string): string | null {
  return sessionStorage.getItem(ticketKey(roomId));
}

export function keepTicket(roomId: string, ticket: string): void {
  sessionStorage.setItem(ticketKey(roomId), ticket);
}

/** Why the supervisor wants another token than that; null: it doesn't. */
export const unwelcome = signal<Refusal | null>(null);

export function signIn(secret: string): void {
  sessionStorage.setItem(KEY, secret);
  unwelcome.value = null;
  token.value = secret;
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  unwelcome.value = null;
  token.value = null;
}

function ticketKey(roomId: string): string {
  return `roomd.ticket.${roomId}`;
}
