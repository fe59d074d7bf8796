import { pino } from 'pino';
import { safeLogging } from '../base/safe-logging.ts';
import type { Io } from './io.ts';

/** Beyond this, log lines that nobody reads are dropped: a stuck reader must not stop the rooms. */
const MAX_QUEUED_CHARS = 4_000_000;
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/**
 * The daemon's own log on stderr: for people on a terminal, one JSON object a line anywhere else. `LOG_LEVEL` says how
 * much: info where it says nothing known.
 */
export async function openLogger({ err, env }: Io): Promise<pino.Logger> {
  const level = env.LOG_LEVEL?.toLowerCase() ?? '';
  const options = { ...safeLogging, base: null, level: LEVELS.has(level) ? level : 'info' };
  if (err.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    const colorize = env.NO_COLOR === undefined || env.NO_COLOR === '';
    const stream = pretty({
      colorize,
      destination: 2,
      sync: true,
      ignore: 'pid,hostname',
      translateTime: 'HH:MM:ss.l',
    });
    return pino(options, stream);
  }
  const stream = pino.destination({ dest: 2, sync: false, maxLength: MAX_QUEUED_CHARS });
  return pino(options, stream);
}
