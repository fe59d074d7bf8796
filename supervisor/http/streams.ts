import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log } from '../log/port.ts';
import { formatPosition } from '../log/position.ts';
import type { Caller } from './caller.ts';
import { feed } from './feed.ts';
import type { Cut, CutReason, LiveFormat, Wording } from './live-format.ts';
import { createPace } from './pace.ts';
import { Problem } from './problem.ts';
import type { Rate } from './rate.ts';
import type { Reading } from './reading.ts';
import { SharedWords } from './shared-words.ts';
import { taken } from './taken.ts';

const HEARTBEAT_MS = 15_000;
/** How long a reader that was cut may take to read why. */
const LINGER_MS = 10_000;

export interface StreamDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly max: number;
  readonly rate: Rate;
}

/** One open stream. Its signal aborts when it is over, for whatever cause. */
export interface OpenStream {
  readonly signal: AbortSignal;
  end(): void;
  /** It takes no place any more. Idempotent. */
  leave(): void;
}

export type Streams = ReturnType<typeof createStreams>;

/** All live streams of one server. Each pulls from the log as fast as its client reads, and no faster. */
export function createStreams({ log, clock, telemetry, max, rate }: StreamDeps) {
  const open = new Set<AbortController>();
  const closing = new AbortController();
  const pace = createPace(clock, () => open.size, closing.signal);
  const words = new Map<Wording, SharedWords>();

  return {
    /** Throws a Problem when no more streams may be opened, or not that often by this consumer. */
    admit(caller: Caller, connection: object): void {
      try {
        rate.take(caller, connection);
        if (open.size < max && !closing.signal.aborted) return;
        const detail = closing.signal.aborted
          ? 'roomd is stopping'
          : `expected at most ${max} live streams at once; try again later`;
        throw new Problem('streams-full', detail, { headers: { 'retry-after': '5' } });
      } catch (error) {
        if (error instanceof Problem) telemetry.streamRefused(error.kind);
        throw error;
      }
    },

    enter,
    cutAt,
    rest: pace.rest,
    wordsOf,

    /** Writes until the client goes away, stops reading, or the server closes. Never rejects. */
    async run(
      raw: ServerResponse,
      headers: OutgoingHttpHeaders,
      format: LiveFormat,
      reading: Reading,
      { name }: Caller,
    ): Promise<void> {
      const { signal, end, leave } = enter();
      raw.on('close', end).on('error', end);
      if (raw.destroyed) end();
      const words = wordsOf(format);
      let position = reading.after;
      let ending = 'plain' as 'plain' | CutReason;
      let timer = clock.after(HEARTBEAT_MS, beat);
      const write = async (parts: readonly string[], through: number): Promise<void> => {
        if (signal.aborted) return;
        position = through;
        if (parts.length === 0 || raw.write(words.bytes(parts))) return;
        if (await taken(clock, signal, (done) => raw.once('drain', done))) return;
        ending = 'slow';
        end();
      };
      try {
        raw.writeHead(200, { ...headers, 'content-type': format.contentType, connection: 'close' });
        await feed(log, reading, { words, rest: pace.rest, write }, signal);
      } catch (error) {
        telemetry.internalError('live stream', error);
        ending = 'failed';
      } finally {
        timer.cancel();
        leave();
        if (ending !== 'plain') telemetry.subscriberCut(name, ending, log.last - position);
        // A failed stream is cut rather than ended: the client must not take it for whole.
        if (ending === 'failed') raw.destroy();
        else if (ending === 'plain') raw.end();
        else lastWord(format.cut(cutAt(ending, position)));
      }

      function beat(): void {
        if (!raw.writableNeedDrain) raw.write(format.heartbeat);
        timer = clock.after(HEARTBEAT_MS, beat);
      }

      function lastWord(text: string): void {
        const linger = clock.after(LINGER_MS, () => raw.destroy());
        raw.once('close', () => linger.cancel()).end(text);
      }
    },

    /** Ends every stream and admits no more. */
    close(): void {
      closing.abort();
      for (const ending of open) ending.abort();
    },
  };

  function enter(): OpenStream {
    const ending = new AbortController();
    if (closing.signal.aborted) ending.abort();
    open.add(ending);
    telemetry.subscribersChanged(1);
    return {
      signal: ending.signal,
      end: () => ending.abort(),
      leave() {
        if (!open.delete(ending)) return;
        ending.abort();
        telemetry.subscribersChanged(-1);
      },
    };
  }

  function wordsOf(wording: Wording): SharedWords {
    const known = words.get(wording) ?? new SharedWords(log.epoch, wording);
    words.set(wording, known);
    return known;
  }

  function cutAt(reason: CutReason, offset: number): Cut {
    return { reason, position: formatPosition(log.epoch, offset), behind: log.last - offset };
  }
}
