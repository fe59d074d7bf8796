import { io, type Socket } from 'socket.io-client';
import type { Clock, Timer } from '../../../spec/runtime/clock.ts';
import { parser, type Sent } from './decoder.ts';
import type { Link } from './place.ts';
import type { LinkState, Refusal } from './protocol.ts';

/** After a refusal that may pass the stream asks again, so many milliseconds later. */
const AGAIN_MS = 5_000;
/** Malformed, as by a room's id in the address that can be none; no valid token; a scope that is missing. */
const FINAL: readonly number[] = [400, 401, 403];
/** An answer may take so long. */
const ANSWER_MS = 10_000;
/** When nothing has come for so long, all of the past is here: no event of ours need be the log's last. */
const QUIET_MS = 400;

/** Hears what comes. */
export interface StreamListener {
  link(state: LinkState, refusal?: Refusal): void;
  event(sent: Sent): void;
  /** Something between the last event and the next is no longer kept. */
  missing(): void;
  /** The log is another one: positions that are known mean nothing in it. */
  anew(): void;
  /** All of the past is here. */
  caughtUp(): void;
  /** The place in a local room is gone: the room has ended. */
  left(): void;
}

interface Hello {
  readonly epoch: string;
  readonly position: string;
  readonly last: number;
  readonly recovered: boolean;
}

type Answer = ({ readonly ok: true } & Record<string, unknown>) | { readonly ok: false; readonly problem: Refusal };

/**
 * The supervisor's events by Socket.IO: without hole or duplicate, however often the connection breaks, since each one
 * goes on from the position of the last event.
 */
export class Stream implements Link {
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #listener: StreamListener;
  #socket: Socket | undefined;
  #again: Timer | undefined;
  #quiet: Timer | undefined;
  #position: string | undefined;
  /** Offset of the log's newest event when the connection was made; undefined: all of the past has been told. */
  #behind: number | undefined;

  constructor(origin: string, clock: Clock, listener: StreamListener) {
    this.#origin = origin;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Watches one room from the oldest event that is kept, or everything from now on; in place of what was watched. */
  open(token: string | null, room: string | null): void {
    this.close();
    this.#position = undefined;
    this.#listener.link('connecting');
    const begin = room === null ? {} : { rooms: [room], from: 'start' };
    const socket = io(this.#origin, {
      transports: ['websocket'],
      forceNew: true,
      parser,
      reconnectionDelay: 500,
      reconnectionDelayMax: 3_000,
      // Asked at each connection.
      auth: (use) =>
        use({
          ...(token === null ? {} : { token }),
          ...begin,
          ...(this.#position === undefined ? {} : { from: this.#position }),
        }),
    });
    this.#socket = socket;
    socket.on('hello', (hello: Hello) => this.#greeted(hello));
    socket.on('envelope', (sent: Sent) => this.#received(sent));
    socket.on('gap', ({ through }: { through: string }) => {
      this.#position = through;
      this.#listener.missing();
    });
    socket.on('left', () => this.#listener.left());
    socket.on('disconnect', (reason) => {
      if (reason === 'io client disconnect') return;
      this.#quiet?.cancel();
      this.#listener.link('down');
      if (!socket.active) this.#retry(socket);
    });
    socket.on('connect_error', (error: Error & { data?: Refusal }) => this.#refused(socket, error.data));
  }

  /** Idempotent. */
  close(): void {
    this.#again?.cancel();
    this.#quiet?.cancel();
    this.#socket?.disconnect();
    this.#socket = undefined;
  }

  async request(name: string, body?: unknown): Promise<unknown> {
    const socket = this.#socket;
    if (socket?.connected !== true) throw unanswered('There is no connection to roomd at the moment.');
    const answer: Answer = await socket
      .timeout(ANSWER_MS)
      .emitWithAck(name, ...(body === undefined ? [] : [body]))
      .catch(() => {
        throw unanswered("roomd hasn't answered. What was asked may have happened all the same.");
      });
    if (!answer.ok) throw answer.problem;
    return answer;
  }

  #greeted({ epoch, position, last, recovered }: Hello): void {
    const known = this.#position;
    if (known !== undefined && epochOf(known) !== epoch) this.#listener.anew();
    if (!recovered) this.#listener.missing();
    this.#position = position;
    this.#behind = last;
    this.#listener.link('live');
    if (offsetOf(position) >= last) this.#caughtUp();
    else this.#wait();
  }

  #received(sent: Sent): void {
    this.#position = sent.position;
    this.#listener.event(sent);
    if (this.#behind === undefined) return;
    if (offsetOf(sent.position) >= this.#behind) this.#caughtUp();
    else this.#wait();
  }

  #wait(): void {
    this.#quiet?.cancel();
    this.#quiet = this.#clock.after(QUIET_MS, () => this.#caughtUp());
  }

  #caughtUp(): void {
    this.#quiet?.cancel();
    this.#behind = undefined;
    this.#listener.caughtUp();
  }

  #refused(socket: Socket, refusal: Refusal | undefined): void {
    // Asked again in the same way, it would be refused again.
    if (refusal?.status !== undefined && FINAL.includes(refusal.status)) {
      this.#listener.link('refused', refusal);
      socket.disconnect();
      return;
    }
    this.#listener.link('down', refusal);
    if (!socket.active) this.#retry(socket);
  }

  #retry(socket: Socket): void {
    this.#again?.cancel();
    this.#again = this.#clock.after(AGAIN_MS, () => socket.connect());
  }
}

function unanswered(detail: string): Refusal {
  return { title: 'No answer', detail, status: 0 };
}

/** Of a position `EPOCH.OFFSET`. */
export function epochOf(position: string): string {
  return position.slice(0, position.lastIndexOf('.'));
}

export function offsetOf(position: string): number {
  return Number(position.slice(position.lastIndexOf('.') + 1));
}
