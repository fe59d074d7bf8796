import { MAX_APP_MESSAGE_BYTES } from '../spec/call.ts';
import type { Envelope } from '../spec/envelope.ts';
import { registry } from '../spec/generated/registry.ts';
import { isObserved } from '../spec/recording.ts';
import type { Bus } from '../spec/runtime/bus.ts';
import type { Clock, Timer } from '../spec/runtime/clock.ts';
import { isPattern, nameMatcher } from '../spec/runtime/match.ts';
import { TokenBucket } from '../spec/token-bucket.ts';
import { OptionsError } from './options.ts';
import type { Connector } from './rooms/port.ts';

export interface TellOptions {
  /** Patterns. */
  readonly topics: readonly string[];
  readonly perSecond: number;
}

export interface TellingParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly tell: (data: object) => Promise<void>;
  readonly options: TellOptions;
}

/** So many events may wait to be told. */
const MAX_WAITING = 100;
const MAX_TOPICS = 64;

/** What tells of the bot in a room where there is somebody to tell, as its options have it. Throws an OptionsError. */
export function tellingInto(
  room: Connector,
  {
    bus,
    clock,
    options: { tell },
  }: Pick<TellingParts, 'bus' | 'clock'> & { options: Readonly<Record<string, unknown>> },
): Telling | undefined {
  const options = tell === undefined ? undefined : readTell(tell);
  const into = room.tell?.bind(room);
  if (options === undefined || options.topics.length === 0 || into === undefined) return undefined;
  return new Telling({ bus, clock, tell: into, options });
}

/**
 * Hands chosen events of the bot to the programs of those who are in the room, as `{roomd: {id, ts, topic, payload}}`, at
 * a pace, and when the bot is in.
 */
export class Telling {
  readonly #parts: TellingParts;
  readonly #bucket: TokenBucket;
  readonly #waiting: Envelope[] = [];
  readonly #unsubscribe: () => void;
  #missed = 0;
  #inRoom = false;
  #sending = false;
  #timer: Timer | undefined;

  constructor(parts: TellingParts) {
    const { bus, clock, options } = parts;
    this.#parts = parts;
    // However slow the pace, there is a whole token at some time.
    const slack = Math.max(0, 1 - options.perSecond);
    this.#bucket = new TokenBucket(options.perSecond, 1_000, clock.monotonic(), slack);
    const matchers = options.topics.map(chooses);
    this.#unsubscribe = bus.subscribe('**', (envelope) => {
      if (matchers.some((chosen) => chosen(envelope.topic))) this.#add(envelope);
    });
  }

  /** Whether the bot is in its room now. */
  present(inRoom: boolean): void {
    this.#inRoom = inRoom;
    this.#next();
  }

  /** Idempotent. */
  stop(): void {
    this.#unsubscribe();
    this.#timer?.cancel();
    this.#inRoom = false;
    this.#waiting.length = 0;
  }

  #add(envelope: Envelope): void {
    this.#waiting.push(envelope);
    if (this.#waiting.length > MAX_WAITING) {
      const telemetry = this.#waiting.findIndex(({ topic }) => registry[topic].class === 'telemetry');
      this.#waiting.splice(Math.max(0, telemetry), 1);
      this.#missed++;
    }
    this.#next();
  }

  #next(): void {
    const { clock, tell, options } = this.#parts;
    if (!this.#inRoom || this.#sending || this.#timer !== undefined || this.#waiting.length === 0) return;
    if (!this.#bucket.take(clock.monotonic())) {
      this.#timer = clock.after(Math.ceil(1_000 / options.perSecond), () => {
        this.#timer = undefined;
        this.#next();
      });
      return;
    }
    const envelope = this.#waiting.shift();
    if (envelope === undefined) return;
    const missed = this.#missed;
    this.#missed = 0;
    this.#sending = true;
    const failed = () => {
      this.#missed += missed + 1;
    };
    void tell(told(envelope, missed))
      .catch(failed)
      .then(() => {
        this.#sending = false;
        this.#next();
      });
  }
}

function told({ id, ts, topic, payload }: Envelope, missed: number): object {
  const frame = { id, ts, topic, ...(missed > 0 && { missed }) };
  const whole = { roomd: { ...frame, payload } };
  const bytes = Buffer.byteLength(JSON.stringify(whole));
  return bytes <= MAX_APP_MESSAGE_BYTES ? whole : { roomd: { ...frame, tooLarge: bytes } };
}

/** What happens in the room everybody sees: only a pattern that speaks of rooms chooses it. */
function chooses(pattern: string): (topic: string) => boolean {
  const matches = nameMatcher(pattern);
  return (topic) => matches(topic) && (pattern.startsWith('room.') || !isObserved(topic));
}

function readTell(tell: unknown): TellOptions {
  const { topics, perSecond = 5 } = (tell ?? {}) as { topics?: unknown; perSecond?: unknown };
  const fits = (topic: unknown) => typeof topic === 'string' && isPattern(topic);
  if (!Array.isArray(topics) || topics.length > MAX_TOPICS || !topics.every(fits)) {
    throw new OptionsError(`options.tell.topics: expected at most ${MAX_TOPICS} patterns such as conversation.**`);
  }
  if (typeof perSecond !== 'number' || !(perSecond > 0 && perSecond <= 50)) {
    throw new OptionsError(
      `options.tell.perSecond: expected a number above 0, at most 50, got ${JSON.stringify(perSecond)}`,
    );
  }
  return { topics, perSecond };
}
