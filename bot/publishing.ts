import { Bus } from '../spec/runtime/bus.ts';
import type { Clock } from '../spec/runtime/clock.ts';
import { specVersion } from '../spec/spec-version.ts';
import type { Environment } from './environment.ts';
import type { Line, QueueLimits } from './line-queue.ts';
import { type Output, Stdout } from './stdout.ts';
import { Unacknowledged } from './unacknowledged.ts';

/** What has left is acknowledged within so long, or a supervisor doesn't get to it. */
const ACK_MS = 1_000;
/** The same for what waits to leave and for what waits to be acknowledged. */
const LIMITS: QueueLimits = { lines: 20_000, bytes: 8 * 1024 * 1024 };

export interface PublishingParts {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly out: Output;
  /** Undefined when it makes no sense. */
  readonly environment: Environment | undefined;
  /** Leaves lines in the file at that path. Throws when it can't. */
  readonly writeSpill: (path: string, lines: readonly Line[]) => void;
  /** One line for people. */
  readonly say: (line: string) => void;
  /** The supervisor has gone. */
  readonly onGone: () => void;
}

/** The way of a bot's events out of its process: bus, output, and what happens to events that nobody took. */
export class Publishing {
  readonly bus: Bus;
  readonly output: Stdout;
  readonly #parts: PublishingParts;
  readonly #kept: Unacknowledged | undefined;

  constructor(parts: PublishingParts) {
    const { clock, newId, out, environment, say, onGone } = parts;
    this.#parts = parts;
    this.#kept = environment?.spillPath === undefined ? undefined : new Unacknowledged(clock, LIMITS);
    this.output = new Stdout(out, {
      clock,
      limits: LIMITS,
      kept: this.#kept,
      onDrops: (drop) => this.bus.publish('events.dropped', drop),
      onShedding: () => say('events are being dropped: they are not read fast enough'),
      onGone,
    });
    this.bus = new Bus({
      clock,
      newId,
      specVersion,
      runtime: 'bot',
      ...(environment && eventContext(environment, newId())),
      sink: (envelope) => this.output.write(envelope),
      onError: (where, topic, error) => say(`${where} ${topic}: ${error instanceof Error ? error.stack : error}`),
    });
  }

  /** The event of that id, and every authoritative one before it, is settled. */
  acknowledge(through: string): void {
    this.#kept?.acknowledge(through);
  }

  /** Standard input has ended. Where somebody was to acknowledge, nobody reads any more either. */
  supervisorGone(): void {
    if (this.#kept === undefined) this.#parts.onGone();
    else this.output.giveUp();
  }

  /** Lets everything leave, at most `ms`; what isn't acknowledged then is left in a file for the next supervisor. */
  async close(ms: number): Promise<void> {
    const { clock, environment, writeSpill, say } = this.#parts;
    const deadline = clock.monotonic() + ms;
    await this.output.flush(ms);
    await this.#kept?.settled(Math.max(0, Math.min(ACK_MS, deadline - clock.monotonic())));
    const { kept, lost } = this.output.left();
    if (lost > 0) say(`${lost} events could not be written: nobody reads`);
    if (kept.length === 0 || environment?.spillPath === undefined) return;
    try {
      writeSpill(environment.spillPath, kept);
    } catch (error) {
      say(`${kept.length} events may be lost: expected to write them to ROOMD_SPILL_PATH, got ${error}`);
    }
  }
}

function eventContext({ roomId, assistantId, tenantId, attempt }: Environment, sessionId: string) {
  return {
    context: { roomId, sessionId, ...(assistantId && { assistantId }), ...(tenantId && { tenantId }) },
    meta: { attempt },
  };
}
