import type { LogRecord } from '../log/port.ts';
import { formatPosition } from '../log/position.ts';
import type { Wording } from './live-format.ts';

/** The newest events, whose words are kept … */
const EVENTS = 1_024;
/** … unless they are longer than this. */
const MAX_CHARS = 4_096;
/** Writes that are kept: readers of the same take the same bytes. */
const WRITES = 8;

interface Worded {
  readonly record: LogRecord;
  /** As its readers may see it: masked, or not. */
  readonly envelope: string;
  readonly text: string;
}

interface Written {
  readonly parts: readonly string[];
  readonly bytes: Buffer;
}

/** How a format words events, done once for all who read the same at about the same time. */
export class SharedWords {
  readonly wording: Wording;
  readonly #epoch: string;
  readonly #worded: (readonly Worded[] | undefined)[] = new Array(EVENTS);
  readonly #written: Written[] = [];
  #next = 0;

  constructor(epoch: string, wording: Wording) {
    this.#epoch = epoch;
    this.wording = wording;
  }

  event(record: LogRecord, envelope: string): string {
    const slot = record.offset % EVENTS;
    const here = this.#worded[slot];
    for (const worded of here ?? []) if (worded.record === record && worded.envelope === envelope) return worded.text;
    const text = this.wording.event(formatPosition(this.#epoch, record.offset), envelope);
    if (text.length > MAX_CHARS) return text;
    // One that is masked and one that isn't; what was here of an older event goes.
    const other = here?.findLast((worded) => worded.record === record);
    this.#worded[slot] = other === undefined ? [{ record, envelope, text }] : [other, { record, envelope, text }];
    return text;
  }

  /** What is written for so many things said. Not to be changed: others are given the same. */
  bytes(parts: readonly string[]): Buffer {
    const found = this.#written.find((written) => same(written.parts, parts));
    if (found !== undefined) return found.bytes;
    const bytes = this.wording.encode(parts);
    this.#written[this.#next] = { parts, bytes };
    this.#next = (this.#next + 1) % WRITES;
    return bytes;
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i]);
}
