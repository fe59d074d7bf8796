import type { Envelope } from '../../spec/envelope.ts';
import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import { Ladder } from './enforce.ts';
import type { Room } from './room.ts';

const TOPIC = 'conversation.policy.violation';
const ENFORCED = 'supervisor.policy.enforced';
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
  readonly #begin: number;
  #at: number;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** Begins at the end of the log; what came before is looked at for each room that is brought back. */
  constructor(deps: EnforcerDeps) {
    this.#deps = deps;
    this.#at = deps.log.last;
    this.#begin = this.#at;
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

  /**
   * A room that is brought back stands where it stood: what its bots did under the earlier supervisor counts, and what
   * wasn't acted on any more is now. Resolves when that is done, or when this stops; a failing disk delays it.
   */
  async catchUp(room: Room): Promise<void> {
    const { clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const { seen, enforced } = await this.#history(room);
        for (const record of seen) this.#judge(record, room, (id) => enforced.has(id));
        return;
      } catch (error) {
        telemetry.internalError('enforcer', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  async #history({ plan }: Room): Promise<{ seen: LogRecord[]; enforced: Set<string> }> {
    const { roomId } = plan.request;
    const seen: LogRecord[] = [];
    const enforced = new Set<string>();
    for (let after = 0; ; ) {
      const topic = (name: string) => name === TOPIC || name === ENFORCED;
      const page = await this.#deps.log.read({ after, limit: PAGE, roomId, topic });
      for (const record of page.records) {
        if (record.topic === TOPIC && record.offset <= this.#begin) seen.push(record);
        else if (record.topic === ENFORCED) enforced.add(causeOf(record));
      }
      if (page.next <= after || page.next >= this.#begin) return { seen, enforced };
      after = page.next;
    }
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
        const room = this.#deps.find(record.roomId);
        if (room !== undefined) this.#judge(record, room, () => false);
      } catch (error) {
        telemetry.internalError('enforcer', error);
      }
    }
    this.#at = page.next;
  }

  #judge(record: LogRecord, room: Room, isDone: (id: string) => boolean): void {
    const { payload, meta } = JSON.parse(record.json) as Envelope<typeof TOPIC>;
    // What a room did that has ended isn't charged to the next one under its id.
    if (room.ended || !room.ran(meta?.runId)) return;
    const ladder = this.#ladders.get(room) ?? new Ladder(room.policy.policy.enforcement ?? []);
    this.#ladders.set(room, ladder);
    const action = ladder.decide({ severity: payload.severity, receivedAt: record.receivedAt });
    if (action !== undefined && !isDone(record.id)) room.enforce(action, payload.rule, record.id);
  }
}

function causeOf(record: LogRecord): string {
  return (JSON.parse(record.json) as Envelope<typeof ENFORCED>).payload.causeId;
}
