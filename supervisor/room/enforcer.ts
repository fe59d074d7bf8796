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

/** What the log holds of a room, up to an offset. */
interface Past {
  readonly seen: LogRecord[];
  readonly enforced: Set<string>;
  through: number;
}

/** Reads violations off the log and acts on the rooms they happened in. It never gives up reading. */
export class Enforcer {
  readonly #deps: EnforcerDeps;
  /** One ladder a room's policy; it goes with the room. */
  readonly #ladders = new WeakMap<Room, Ladder>();
  /** Rooms that are brought back and whose past isn't judged yet: their violations are passed over until it is. */
  readonly #awaited = new WeakSet<Room>();
  readonly #stopping = new AbortController();
  #at: number;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** Begins at the end of the log; what came before is looked at for each room that is brought back. */
  constructor(deps: EnforcerDeps) {
    this.#deps = deps;
    this.#at = deps.log.last;
  }

  /** Everything up to this offset has been judged, or will be when its room's past is. */
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
   * wasn't acted on any more is now. Called before anything else happens to the room; the ladder waits until all that
   * its last run has left is in the log (`gone`), because it counts in log order. Resolves when that is done, or when
   * this stops; a failing disk delays it.
   */
  async takeUp(room: Room, gone: Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    this.#awaited.add(room);
    await untilAborted(gone, signal);
    if (!signal.aborted) await this.#catchUp(room);
  }

  async #catchUp(room: Room): Promise<void> {
    const { clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    const past: Past = { seen: [], enforced: new Set(), through: 0 };
    while (!signal.aborted) {
      try {
        const more = await this.#readPast(room, past);
        if (more && past.through < this.#at) continue;
        // No await since it was compared: what is beyond, the page that is being read included, is left to the reader.
        for (const record of past.seen) {
          if (record.offset <= this.#at) this.#judgeOne(record, room, (id) => past.enforced.has(id));
        }
        this.#awaited.delete(room);
        return;
      } catch (error) {
        telemetry.internalError('enforcer', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  /** One page more; false when there was nothing to examine. */
  async #readPast({ plan }: Room, past: Past): Promise<boolean> {
    const { roomId } = plan.request;
    const topic = (name: string) => name === TOPIC || name === ENFORCED;
    const { records, next } = await this.#deps.log.read({ after: past.through, limit: PAGE, roomId, topic });
    for (const cause of records.filter((record) => record.topic === ENFORCED).map(causeOf)) past.enforced.add(cause);
    for (const record of records) if (record.topic === TOPIC) past.seen.push(record);
    const more = next > past.through;
    past.through = next;
    return more;
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
    const { log, telemetry, find } = this.#deps;
    const page = await log.read({ after: this.#at, limit: PAGE, topic: (topic) => topic === TOPIC });
    if (page.gap) telemetry.violationsMissed(this.#at, page.next);
    for (const record of page.records) {
      const room = find(record.roomId);
      if (room !== undefined && !this.#awaited.has(room)) this.#judgeOne(record, room, () => false);
    }
    this.#at = page.next;
  }

  /** One that can't be judged holds up no other. */
  #judgeOne(record: LogRecord, room: Room, isDone: (id: string) => boolean): void {
    try {
      this.#judge(record, room, isDone);
    } catch (error) {
      this.#deps.telemetry.internalError('enforcer', error);
    }
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

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    promise.then(done, done);
  });
}
