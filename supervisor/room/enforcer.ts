import type { Envelope } from '../../spec/envelope.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { follow } from '../log/live.ts';
import type { Log, LogRecord } from '../log/port.ts';
import { Ladder } from './enforce.ts';
import type { Room } from './room.ts';

const TOPIC = 'conversation.policy.violation';

/** Reads violations off the log and acts on the rooms they happened in. */
export class Enforcer {
  readonly #log: Log;
  readonly #telemetry: Telemetry;
  readonly #find: (roomId: string) => Room | undefined;
  /** One ladder a room's policy; it goes with the room. */
  readonly #ladders = new WeakMap<Room, Ladder>();
  readonly #stopping = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  constructor(log: Log, telemetry: Telemetry, find: (roomId: string) => Room | undefined) {
    this.#log = log;
    this.#telemetry = telemetry;
    this.#find = find;
  }

  /** Begins at the end of the log: rooms of an earlier supervisor have ended, there is nothing to act on. */
  start(): void {
    const query = { after: this.#log.last, topic: (topic: string) => topic === TOPIC };
    this.#reading = this.#read(follow(this.#log, query, this.#stopping.signal)).catch((error: unknown) =>
      this.#telemetry.internalError('enforcer', error),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
  }

  async #read(pages: ReturnType<typeof follow>): Promise<void> {
    for await (const page of pages) {
      for (const record of page.records) this.#judge(record);
    }
  }

  #judge(record: LogRecord): void {
    const room = this.#find(record.roomId);
    if (room === undefined || room.ended) return;
    const { payload } = JSON.parse(record.json) as Envelope<typeof TOPIC>;
    const ladder = this.#ladders.get(room) ?? new Ladder(room.policy.policy.enforcement ?? []);
    this.#ladders.set(room, ladder);
    const action = ladder.decide({ severity: payload.severity, receivedAt: record.receivedAt });
    if (action !== undefined) room.enforce(action, payload.rule, record.id);
  }
}
