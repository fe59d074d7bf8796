import { MAX_PAGE_LINE } from '../../../spec/page-host.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';

/** So much may come at once, and so much a second in the long run: more than any call has that isn't flooded. */
const LINES = { most: 4_000, perSecond: 500 };
const BYTES = { most: 8 * 1_048_576, perSecond: 2 * 1_048_576 };

export interface Flow {
  /** Looks at a line before it goes to the bot: undefined, or why the page has to end. */
  look(line: string): string | undefined;
  /** How long a page that waits for its lines to be taken should wait now, in milliseconds; mostly 0. */
  delay(): number;
}

/** Two leaky buckets for what one page says. A page that heeds `delay` is slowed by the first half, and never cut. */
export function createFlow(clock: Clock): Flow {
  let at = clock.monotonic();
  let lines = 0;
  let bytes = 0;

  function leak(): void {
    const now = clock.monotonic();
    const seconds = (now - at) / 1_000;
    at = now;
    lines = Math.max(0, lines - seconds * LINES.perSecond);
    bytes = Math.max(0, bytes - seconds * BYTES.perSecond);
  }

  return {
    look(line) {
      const length = Buffer.byteLength(line);
      if (length > MAX_PAGE_LINE)
        return `the page has said a line of ${length} bytes: expected at most ${MAX_PAGE_LINE}`;
      if (!isReport(line)) return 'the page has said a line that is no JSON object of its own';
      leak();
      lines++;
      bytes += length;
      if (lines <= LINES.most && bytes <= BYTES.most) return undefined;
      return `the page says too much: expected at most ${LINES.perSecond} lines and 2 MiB a second, as long as it lasts`;
    },
    delay() {
      leak();
      const late = Math.max((lines - LINES.most / 2) / LINES.perSecond, (bytes - BYTES.most / 2) / BYTES.perSecond);
      return Math.max(0, Math.ceil(late * 1_000));
    },
  };
}

/** `host` is for what this process says. */
function isReport(line: string): boolean {
  if (line.includes('\n')) return false;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, 'host');
  } catch {
    return false;
  }
}
