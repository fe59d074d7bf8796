import type { ForwardStatus } from '../forward/api.ts';
import { createClient } from './client.ts';
import { statusSheet } from './forward-view.ts';
import { type Io, painter, print, wantsJson } from './io.ts';

/** `roomd forward status`: where forwarding stands, and what became of every event. */
export async function forwardStatus(options: { json?: boolean }, io: Io): Promise<number> {
  const status = (await createClient(io).json('GET', '/v1/forward')) as ForwardStatus;
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify(status));
  else for (const line of statusSheet(status, io.clock.now(), painter(io.out, io.env))) print(io.out, line);
  return 0;
}
