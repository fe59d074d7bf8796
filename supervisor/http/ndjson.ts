import type { LiveFormat } from './live-format.ts';

/**
 * One JSON object a line: first `{"hello": …}`, then `{"position": …, "envelope": …}` for each event,
 * `{"gap": …}` where events are missing, `{"heartbeat": {}}` while nothing happens, and `{"cut": …}` when the reader is too
 * slow to go on with.
 */
export const ndjson: LiveFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  hello: (hello) => `${JSON.stringify({ hello })}\n`,
  event: (position, envelope) => `{"position":"${position}","envelope":${envelope}}\n`,
  gap: (gap) => `${JSON.stringify({ gap })}\n`,
  cut: (cut) => `${JSON.stringify({ cut })}\n`,
  encode: (parts) => Buffer.from(parts.join('')),
  heartbeat: '{"heartbeat":{}}\n',
};
