import { setImmediate } from 'node:timers/promises';
import type { Outcome, PutEventsInput, Target } from '../../supervisor/forward/port.ts';
import type { Entry } from '../../supervisor/log/port.ts';

const TOPIC = 'room.participant.joined';

/** The backlog's event of that number: rooms take turns, and each has numbers of its own, from 0. */
export function backlogEntry(number: number, rooms: number, at: number): Entry {
  const roomId = `room-${number % rooms}`;
  const id = `event-${number}`;
  const payload = { participantId: String(Math.floor(number / rooms)), isBot: false, name: ''.padEnd(200, '.') };
  return {
    roomId,
    topic: TOPIC,
    id,
    ts: at,
    receivedAt: at,
    json: JSON.stringify({ id, ts: at, topic: TOPIC, payload }),
  };
}

/** Counts what it takes, in bounded memory: an outage's backlog doesn't fit into it. */
export class OutageTarget implements Target {
  readonly name = 'outage/test';
  isUp = false;
  /** Of the backlog. */
  delivered = 0;
  readonly violations: string[] = [];
  /** The number that comes next, by room. */
  readonly #next: number[];
  readonly #events: number;
  #requests = 0;

  constructor(events: number, rooms: number) {
    this.#events = events;
    this.#next = Array(rooms).fill(0);
  }

  /** Of the backlog, to come. */
  get left(): number {
    return this.#events - this.delivered;
  }

  async send({ Entries }: PutEventsInput): Promise<Outcome[]> {
    if (!this.isUp) return Entries.map(() => ({ kind: 'unavailable', reason: 'ECONNREFUSED' }));
    // Requests overtake each other on their way.
    for (let turns = ++this.#requests % 3; turns > 0; turns--) await setImmediate();
    for (const { DetailType, Detail = '{}', Resources: [resource = ''] = [] } of Entries) {
      if (DetailType === TOPIC) this.#take(Number(resource.split('-').at(-1)), Detail);
    }
    return Entries.map(() => ({ kind: 'delivered', eventId: 'e' }));
  }

  async close(): Promise<void> {}

  #take(room: number, detail: string): void {
    this.delivered++;
    const { payload } = JSON.parse(detail) as { payload: { participantId: string } };
    const number = Number(payload.participantId);
    const expected = this.#next[room];
    if (number !== expected) this.violations.push(`room ${room}: expected its event ${expected}, got ${number}`);
    this.#next[room] = number + 1;
  }
}
