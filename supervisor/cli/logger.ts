import { pino } from 'pino';
import type { Io } from './io.ts';

/** Beyond this, log lines that nobody reads are dropped: a stuck reader must not stop the rooms. */
const MAX_QUEUED_CHARS = 4_000_000;

/** The daemon's own log on stderr: for people on a terminal, one JSON object a line anywhere else. */
export async function openLogger({ err, env }: Io): Promise<pino.Logger> {
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
    return pino({ base: null }, stream);
  }
  const stream = pino.destination({ dest: 2, sync: false, maxLength: MAX_QUEUED_CHARS });
  return pino({ base: null }, stream);
}
