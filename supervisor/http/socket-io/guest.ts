import type { Gateway, NotDone, Place, Refused } from '../../gateway/api.ts';
import { assertSees } from '../auth.ts';
import type { Caller } from '../caller.ts';
import { Problem, type ProblemKind, problemBody } from '../problem.ts';
import type { Wish } from './acts.ts';

export interface GuestParts {
  /** Absent: there are no local rooms. */
  readonly gateway: Gateway | undefined;
  readonly caller: Caller;
  /** Throws a Problem when this consumer enters and leaves too often. */
  readonly pace: () => void;
  /** Says something that wasn't asked for: the room has ended. */
  readonly say: (name: 'left', what: object) => void;
}

const KINDS: Readonly<Record<Refused, ProblemKind>> = {
  'no-room': 'unknown-room',
  'not-local': 'not-local',
  ended: 'room-ended',
  full: 'room-full',
  'not-yours': 'not-yours',
  'no-message': 'unknown-message',
  invalid: 'invalid-act',
  'too-many': 'too-many-requests',
  busy: 'log-behind',
};

/** One connection that may be in a local room, in one at a time. */
export class Guest {
  readonly #parts: GuestParts;
  #place: Place | undefined;
  #entering = false;
  #gone = false;

  constructor(parts: GuestParts) {
    this.#parts = parts;
  }

  /** What the client is told: `{ok: true, …}` or `{ok: false, problem}`. Rejects with a Problem too. */
  async answer(wish: Wish): Promise<object> {
    if (wish.name === 'enter') return await this.#enter(wish.wanted);
    const place = this.#place;
    if (place === undefined) throw new Problem('not-in-room', 'expected enter {room, name} first');
    if (wish.name === 'leave') {
      this.#parts.pace();
      this.#place = undefined;
      await place.leave();
      return { ok: true };
    }
    const done = await place.act(wish.act);
    if (done.kind !== 'done') return refusal(done);
    return { ok: true, ...(done.messageId !== undefined && { messageId: done.messageId }) };
  }

  /** The connection has gone. Idempotent. */
  lost(): void {
    this.#gone = true;
    this.#place?.lost();
  }

  async #enter({ room, name, seat }: Extract<Wish, { name: 'enter' }>['wanted']): Promise<object> {
    const { gateway, caller, pace } = this.#parts;
    if (!caller.can('rooms:join')) {
      throw new Problem('scope-missing', `expected a token with the scope rooms:join; "${caller.name}" lacks it`);
    }
    assertSees(caller, room);
    if (gateway === undefined) throw new Problem('not-local', `room "${room}" is not one that people can enter`);
    if (this.#place !== undefined || this.#entering) {
      throw new Problem('already-in-room', 'expected one room a connection: leave this one first');
    }
    pace();
    this.#entering = true;
    try {
      const entered = await gateway.enter(room, { name, seat });
      if (entered.kind !== 'place') return refusal(entered);
      this.#take(entered, room);
      const { participantId, participants } = entered;
      return { ok: true, participantId, seat: entered.seat, participants };
    } finally {
      this.#entering = false;
    }
  }

  #take(place: Place, room: string): void {
    this.#place = place;
    // It may have gone while it was let in.
    if (this.#gone) place.lost();
    void place.over.then(() => {
      if (this.#place !== place || this.#gone) return;
      this.#place = undefined;
      this.#parts.say('left', { room, reason: 'ended' });
    });
  }
}

function refusal(done: NotDone): object {
  const problem =
    done.kind === 'refused'
      ? new Problem(KINDS[done.reason], done.detail)
      : new Problem('moderated', `the rules of this room keep that out: ${done.rules.join(', ')}`);
  const rules = done.kind === 'dropped' ? { rules: done.rules } : {};
  return { ok: false, problem: problemBody(problem), ...rules };
}
