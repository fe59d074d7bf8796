import { signal } from '@preact/signals';
import type { Act } from '../../gateway/api.ts';
import { ask, tell } from '../live.ts';
import type { Refusal } from '../worker/protocol.ts';

const NAME = 'roomd.name';

/** What the supervisor has refused last, to be read beside the box that one writes in. */
export const notice = signal<Refusal | null>(null);

/** The name that one had last, in any room. */
export function lastName(): string {
  return localStorage.getItem(NAME) ?? '';
}

/** One's place in that room, kept in this tab: for a reload, and for a supervisor that was started again. */
export function keptSeat(roomId: string): string | null {
  return sessionStorage.getItem(seatKey(roomId));
}

/** Enters the room, with the seat that was kept if there is one. Says in `notice` why it was not to be. */
export async function enter(roomId: string, name: string): Promise<void> {
  const seat = keptSeat(roomId);
  try {
    const entered = await ask({ type: 'enter', room: roomId, name, ...(seat !== null && { seat }) });
    sessionStorage.setItem(seatKey(roomId), entered.seat);
    localStorage.setItem(NAME, name);
    notice.value = null;
  } catch (refusal) {
    notice.value = refusal as Refusal;
    // No connection says nothing about the seat.
    if ((refusal as Refusal).status !== 0) sessionStorage.removeItem(seatKey(roomId));
  }
}

export function leave(roomId: string): void {
  sessionStorage.removeItem(seatKey(roomId));
  notice.value = null;
  tell({ type: 'leave' });
}

/** Resolves with whether it was done; if not, `notice` says why. */
export async function act(act: Act): Promise<boolean> {
  const before = notice.peek();
  try {
    await ask({ type: 'act', act });
    // What was refused meanwhile is still to be read.
    if (notice.peek() === before) notice.value = null;
    return true;
  } catch (refusal) {
    notice.value = refusal as Refusal;
    return false;
  }
}

/** Tells what nobody has asked to have told; it doesn't matter when that is refused. */
export function mention(act: Extract<Act, { type: 'typing' | 'presence' }>): void {
  ask({ type: 'act', act }).catch(() => undefined);
}

function seatKey(roomId: string): string {
  return `roomd.seat.${roomId}`;
}
