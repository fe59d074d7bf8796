// roomd's own bot in a room in which, from the first message on, policy is violated ROOMD_OPTIONS.perSecond times a
// second; each violation carries the moment of its publication: microseconds of the machine's monotonic clock.
import { live } from '../../bot/life.ts';
import { LocalRoom } from '../../bot/rooms/local.ts';
import type { RoomParts } from '../../bot/rooms/port.ts';
import type { Timer } from '../../spec/runtime/clock.ts';

export interface PacerOptions {
  readonly perSecond: number;
  readonly count: number;
}

class PacedRoom extends LocalRoom {
  readonly #parts: RoomParts;
  readonly #options: PacerOptions;
  #timer: Timer | undefined;
  #published = 0;
  #started = 0;

  constructor(parts: RoomParts, options: PacerOptions) {
    super(parts);
    this.#parts = parts;
    this.#options = options;
  }

  override send(text: string): Promise<{ messageId: string }> {
    this.#started = this.#parts.clock.monotonic();
    this.#tick();
    return super.send(text);
  }

  override async leave(): Promise<void> {
    this.#timer?.cancel();
    await super.leave();
  }

  #tick(): void {
    const { clock } = this.#parts;
    const { perSecond, count } = this.#options;
    const due = Math.min(count, ((clock.monotonic() - this.#started) / 1_000) * perSecond);
    while (this.#published < due) this.#publish();
    if (this.#published < count) this.#timer = clock.after(1, () => this.#tick());
  }

  #publish(): void {
    this.#published++;
    const published = this.#parts.bus.publish('conversation.policy.violation', {
      policyVersion: `sha256:${'0'.repeat(64)}`,
      rule: 'tools.deny',
      severity: 'low',
      action: 'blocked',
      subject: 'message.send',
      count: 1,
      turnId: String(process.hrtime.bigint() / 1_000n),
    });
    if (!published.ok) throw new Error(published.detail);
  }
}

void live(({ options }, parts) => new PacedRoom(parts, options as unknown as PacerOptions)).then((code) =>
  process.exit(code),
);
