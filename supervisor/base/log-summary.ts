import type { Logger } from 'pino';
import type { Clock } from '../../spec/runtime/clock.ts';

const INTERVAL_MS = 1_000;
/** Beyond so many, all are forgotten: at worst a line comes early. */
const MAX_KEYS = 10_000;

/** Writes a line at most once a second a key, and says how many it left out: bots decide how often these happen. */
export class LogSummary {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #keys = new Map<string, { at: number; omitted: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  info(key: string, fields: object, message: string): void {
    this.#write('info', key, fields, message);
  }

  warn(key: string, fields: object, message: string): void {
    this.#write('warn', key, fields, message);
  }

  error(key: string, fields: object, message: string): void {
    this.#write('error', key, fields, message);
  }

  #write(level: 'info' | 'warn' | 'error', key: string, fields: object, message: string): void {
    const now = this.#clock.monotonic();
    const last = this.#keys.get(key);
    if (last !== undefined && now - last.at < INTERVAL_MS) {
      last.omitted++;
      return;
    }
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(key, { at: now, omitted: 0 });
    this.#log[level](last?.omitted ? { ...fields, omitted: last.omitted } : fields, message);
  }
}
