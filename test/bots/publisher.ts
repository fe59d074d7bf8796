// roomd's own bot in a room that is nothing but events: numbered, authoritative, as fast as they leave.
// Each id is noted in a file of the test's as soon as it has been published.
import { closeSync, openSync, writeSync } from 'node:fs';
import { live } from '../../bot/life.ts';
import { LocalRoom } from '../../bot/rooms/local.ts';
import type { RoomParts } from '../../bot/rooms/port.ts';
import type { Stdout } from '../../bot/stdout.ts';
import type { Timer } from '../../spec/runtime/clock.ts';

/** ROOMD_OPTIONS of this bot. */
export interface PublisherOptions {
  /** One line an event: its id. Appended to, run after run. */
  readonly journal: string;
  /** Events to publish; without end unless given. The room goes on after the last. */
  readonly count?: number;
  /** Milliseconds between bursts; as fast as the output takes them unless given. */
  readonly everyMs?: number;
  /** Events a burst; default 20. */
  readonly burst?: number;
  /** So many bytes of padding an event, at most 256. */
  readonly bytes?: number;
  /** So many telemetry events for each authoritative one; default 0. May be a fraction. */
  readonly telemetry?: number;
}

class EndlessRoom extends LocalRoom {
  readonly #parts: RoomParts;
  readonly #output: Stdout;
  readonly #options: PublisherOptions;
  readonly #journal: number;
  #timer: Timer | undefined;
  #published = 0;
  #telemetry = 0;

  constructor(parts: RoomParts, output: Stdout, options: PublisherOptions) {
    super(parts);
    this.#parts = parts;
    this.#output = output;
    this.#options = options;
    this.#journal = openSync(options.journal, 'a');
  }

  override async join(): Promise<void> {
    await super.join();
    this.#arm();
  }

  override async leave(): Promise<void> {
    this.#timer?.cancel();
    if (this.#timer !== undefined) closeSync(this.#journal);
    this.#timer = undefined;
    await super.leave();
  }

  #arm(): void {
    this.#timer = this.#parts.clock.after(this.#options.everyMs ?? 0, () => this.#burst());
  }

  #burst(): void {
    const { count = Number.POSITIVE_INFINITY, burst = 20 } = this.#options;
    this.#arm();
    // Beyond half of the queue telemetry goes first, beyond all of it this would go.
    for (let i = 0; i < burst && this.#published < count && this.#output.fill < 0.4; i++) this.#publish();
  }

  #publish(): void {
    const { bytes = 0, telemetry = 0 } = this.#options;
    const topic = this.#published % 2 === 0 ? 'room.participant.joined' : 'room.participant.left';
    const name = `${this.#published}`.padEnd(Math.min(256, bytes), '.');
    const published = this.#parts.bus.publish(topic, { participantId: 'counter', isBot: false, name });
    if (!published.ok) throw new Error(published.detail);
    writeSync(this.#journal, `${published.envelope.id}\n`);
    this.#published++;
    for (; this.#telemetry < this.#published * telemetry; this.#telemetry++) {
      this.#parts.bus.publish('room.speaker.changed', { participantId: 'counter', at: this.#telemetry });
    }
  }
}

void live(({ options }, parts, output) => new EndlessRoom(parts, output, options as unknown as PublisherOptions)).then(
  (code) => process.exit(code),
);
