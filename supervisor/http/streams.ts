import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { follow } from '../log/live.ts';
import type { Log, Page } from '../log/port.ts';
import { formatPosition } from '../log/position.ts';
import type { LiveFormat } from './live-format.ts';
import { Problem } from './problem.ts';
import type { Reading } from './reading.ts';

const HEARTBEAT_MS = 15_000;
const WRITE_CHARS = 65_536;

export interface StreamDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly max: number;
}

export type Streams = ReturnType<typeof createStreams>;

/** All live streams of one server. Each pulls from the log as fast as its client reads, and no faster. */
export function createStreams({ log, clock, telemetry, max }: StreamDeps) {
  const open = new Set<AbortController>();
  let closed = false;

  return {
    /** Throws a Problem when no more streams may be opened. */
    admit(): void {
      if (open.size < max && !closed) return;
      const detail = closed ? 'roomd is stopping' : `expected at most ${max} live streams at once; try again later`;
      throw new Problem('streams-full', detail, { headers: { 'retry-after': '5' } });
    },

    /** Writes until the client goes away or the server closes. Never rejects. */
    async run(raw: ServerResponse, headers: OutgoingHttpHeaders, format: LiveFormat, reading: Reading): Promise<void> {
      const ending = new AbortController();
      const end = () => ending.abort();
      raw.on('close', end).on('error', end);
      if (raw.destroyed || closed) end();
      open.add(ending);
      telemetry.subscribersChanged(1);
      let failed = false;
      let timer = clock.after(HEARTBEAT_MS, beat);
      try {
        raw.writeHead(200, { ...headers, 'content-type': format.contentType, connection: 'close' });
        await write(raw, format.hello(await hello(log, reading)), ending.signal);
        await writeEvents(raw, format, reading, ending.signal);
      } catch (error) {
        telemetry.internalError('live stream', error);
        failed = true;
      } finally {
        timer.cancel();
        open.delete(ending);
        telemetry.subscribersChanged(-1);
        // A failed stream is cut rather than ended: the client must not take it for whole.
        if (failed) raw.destroy();
        else raw.end();
      }

      function beat(): void {
        if (!raw.writableNeedDrain) raw.write(format.heartbeat);
        timer = clock.after(HEARTBEAT_MS, beat);
      }
    },

    /** Ends every stream and admits no more. */
    close(): void {
      closed = true;
      for (const ending of open) ending.abort();
    },
  };

  async function writeEvents(
    raw: ServerResponse,
    format: LiveFormat,
    { show, fromOldest, ...query }: Reading,
    signal: AbortSignal,
  ): Promise<void> {
    let text = '';
    let after = query.after;
    for await (const page of follow(log, query, signal)) {
      if (page.gap && !(fromOldest && after === query.after)) text += format.gap(gap(log, after, page));
      after = page.next;
      for (const record of page.records) {
        const envelope = show(record);
        if (envelope === undefined) continue;
        text += format.event(formatPosition(log.epoch, record.offset), envelope);
        if (text.length < WRITE_CHARS) continue;
        await write(raw, text, signal);
        if (signal.aborted) return;
        text = '';
      }
      if (text !== '') await write(raw, text, signal);
      text = '';
    }
  }
}

/** Resolves when the client can take more, or when the stream is over. */
async function write(raw: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || raw.write(text)) return;
  // Rejects when the stream is over or has failed: its reader looks at the signal next.
  await once(raw, 'drain', { signal }).catch(() => undefined);
}

async function hello(log: Log, { after, recovered }: Reading) {
  const { epoch, last } = log;
  return { epoch, position: formatPosition(epoch, after), first: await log.first(), last, recovered };
}

function gap({ epoch }: Log, after: number, { next }: Page) {
  return { after: formatPosition(epoch, after), through: formatPosition(epoch, next) };
}
