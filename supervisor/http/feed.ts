import { follow } from '../log/live.ts';
import type { Log, Page } from '../log/port.ts';
import { formatPosition } from '../log/position.ts';
import type { Gap, Hello } from './live-format.ts';
import type { Reading } from './reading.ts';
import type { SharedWords } from './shared-words.ts';

const WRITE_CHARS = 65_536;

/** Where a live reading goes. */
export interface Outlet {
  readonly words: SharedWords;
  /** What it waits for between writes, unless there is more than a page to write. */
  rest(): Promise<void> | undefined;
  /**
   * Takes what was said since the last call, which may be nothing; all offsets up to `through` are in it or before it.
   * Resolves when the reader can take more, or when it is gone. One call at a time.
   */
  write(parts: readonly string[], through: number): Promise<void>;
}

/** A hello, then events as fast as the outlet takes them and no faster, until the signal aborts. Rejects when the log fails. */
export async function feed(log: Log, reading: Reading, outlet: Outlet, signal: AbortSignal): Promise<void> {
  const { words, rest, write } = outlet;
  const { wording } = words;
  const { show, ...query } = reading;
  await write([wording.hello(await helloOf(log, reading))], reading.after);
  let after = query.after;
  for await (const page of follow(log, query, signal, rest)) {
    let parts: string[] = [];
    let chars = 0;
    if (page.gap) parts.push(wording.gap(gapOf(log, after, page)));
    after = page.next;
    for (const record of page.records) {
      const envelope = show(record);
      if (envelope === undefined) continue;
      parts.push(words.event(record, envelope));
      chars += envelope.length;
      if (chars < WRITE_CHARS) continue;
      await write(parts, record.offset);
      if (signal.aborted) return;
      parts = [];
      chars = 0;
    }
    await write(parts, page.next);
  }
}

async function helloOf(log: Log, { after, recovered }: Reading): Promise<Hello> {
  const { epoch, last } = log;
  return { epoch, position: formatPosition(epoch, after), first: await log.first(), last, recovered };
}

function gapOf({ epoch }: Log, after: number, { next }: Page): Gap {
  return { after: formatPosition(epoch, after), through: formatPosition(epoch, next) };
}
