import type { Envelope } from '../../spec/envelope.ts';
import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import { Ladder } from './enforce.ts';
import type { Room } from './room.ts';

const TOPIC = 'conversation.policy.violation';
const PAGE = 500;
const RETRY_MS = 1_000;

export interface EnforcerDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The running room of that id. */
  readonly find: (roomId: string) => Room | undefined;
}

/** Reads violations off the log and acts on the rooms they happened in. It never gives up reading. */
export class Enforcer {
  readonly #deps: EnforcerDeps;
  /** One ladder a room's policy; it goes with the room. */
  readonly #ladders = new WeakMap<Room, Ladder>();
  readonly #stopping = new AbortController();
  #at: number;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** Begins at the end of the log: rooms of an earlier supervisor have ended, there is nothing to act on. */
  constructor(deps: EnforcerDeps) {
    this.#deps = deps;
    this.#at = deps.log.last;
  }

  /** Everything up to this offset has been judged. */
  get passed(): number {
    return this.#at;
  }

  /** Why violations aren't acted on at the moment. */
  get problem(): string | undefined {
    return this.#problem;
  }

  start(): void {
    this.#reading = this.#read();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { log, clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#at >= log.last) await log.changed(this.#at, signal);
        if (!signal.aborted) await this.#page();
        this.#problem = undefined;
      } catch (error) {
        this.#problem = `violations can't be read: ${(error as Error).message}`;
        telemetry.internalError('enforcer', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  async #page(): Promise<void> {
    const { log, telemetry } = this.#deps;
    const page = await log.read({ after: this.#at, limit: PAGE, topic: (topic) => topic === TOPIC });
    if (page.gap) telemetry.violationsMissed(this.#at, page.next);
    for (const record of page.records) {
      try {
        this.#judge(record);
      } catch (error) {
        telemetry.internalError('enforcer', error);
      }
    }
    this.#at = page.next;
  }

  #judge(record: LogRecord): void {
    const { payload, meta } = JSON.parse(record.json) as Envelope<typeof TOPIC>;
    const room = this.#deps.find(record.roomId);
    // What a room did that has ended isn't charged to the next one under its id.
    if (room === undefined || room.ended || !room.ran(meta?.runId)) return;
    const ladder = this.#ladders.get(room) ?? new Ladder(room.policy.policy.enforcement ?? []);
    this.#ladders.set(room, ladder);
    const action = ladder.decide({ severity: payload.severity, receivedAt: record.receivedAt });
    if (action !== undefined) room.enforce(action, payload.rule, record.id);
  }
}
