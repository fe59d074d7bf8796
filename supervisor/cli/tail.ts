import { sleep } from '../../spec/runtime/clock.ts';
import { type Client, createClient, isFinal } from './client.ts';
import { eventLines } from './event-line.ts';
import { CliError, columnsOf, type Io, painter, print, wantsJson, writeLine } from './io.ts';
import { linesOf } from './lines.ts';

export interface TailOptions {
  topic?: string;
  from?: string;
  json?: boolean;
}

/** A line of the stream; see `/openapi.json`. */
interface StreamLine {
  readonly hello?: { readonly position: string; readonly recovered: boolean };
  readonly position?: string;
  readonly envelope?: unknown;
  readonly gap?: { readonly after: string; readonly through: string };
}

const BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;

/**
 * `roomd tail [ROOM]`: events as they happen, until the signal aborts. A connection that breaks is made again
 * from the last position, so nothing is missed; what the daemon no longer keeps is told on stderr.
 */
export async function tail(roomId: string | undefined, options: TailOptions, io: Io): Promise<number> {
  const client = createClient(io);
  const show = options.json === undefined && !wantsJson(io, false) ? humanLine(io, roomId) : rawLine;
  const say = (text: string) => print(io.err, painter(io.err, io.env)('dim', text));
  let position: string | undefined;
  let failures = 0;

  while (!io.signal.aborted) {
    try {
      const response = await openStream(client, roomId, { ...options, from: position ?? options.from });
      for await (const line of linesOf(response)) await take(line);
      throw new CliError('the stream ended');
    } catch (error) {
      if (io.signal.aborted) break;
      if (position === undefined || isFinal(error)) throw error;
      if (failures === 0) say(`connection lost: trying again from ${position}`);
      await sleep(io.clock, Math.min(BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS), io.signal);
    }
  }
  return 0;

  async function take(text: string): Promise<void> {
    const line = JSON.parse(text) as StreamLine;
    if (line.hello !== undefined) {
      if (failures > 0) say('connected again');
      else if (position === undefined && io.out.isTTY)
        say(`following ${roomId ?? 'all rooms'} at ${client.url}, Ctrl-C ends`);
      if (!line.hello.recovered) say('some events before this point are no longer kept');
      failures = 0;
      position = line.hello.position;
    } else if (line.gap !== undefined) {
      say(`some events between ${line.gap.after} and ${line.gap.through} are no longer kept`);
    } else if (line.position !== undefined) {
      await writeLine(io, show(text, line.envelope));
      // Only now: what wasn't shown is asked for again.
      position = line.position;
    }
  }
}

function openStream(client: Client, roomId: string | undefined, { topic, from }: TailOptions): Promise<Response> {
  const query = new URLSearchParams();
  if (topic !== undefined) query.set('topic', topic);
  if (from !== undefined) query.set('from', from);
  const path = roomId === undefined ? '/v1/events' : `/v1/rooms/${encodeURIComponent(roomId)}/events`;
  return client.open(`${path}?${query}`, { accept: 'application/x-ndjson' });
}

function rawLine(text: string): string {
  return text;
}

function humanLine(io: Io, roomId: string | undefined): (text: string, envelope: unknown) => string {
  const line = eventLines({
    paint: painter(io.out, io.env),
    columns: () => columnsOf(io.out),
    showRoom: roomId === undefined,
  });
  return (_text, envelope) => line(envelope);
}
