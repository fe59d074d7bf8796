import { MAX_PAGE_LINE } from '../../../../spec/page-host.ts';
import type { CallEvent, PageReport, Person } from '../protocol.ts';
import type { Failure } from './read.ts';

/** Says a line. It may return a promise that settles when the line was taken. */
export type Say = (line: string) => unknown;

/** Lines that nobody has taken yet. More than these are a flood. */
const MAX_UNTAKEN = 1_000;
/** For what stands around the people in their line. */
const FRAME = 100;

/** What the page says: lines that are never too long, and never too many at once. */
export class Reporter {
  readonly #say: Say;
  #untaken = 0;
  #dropped = 0;

  constructor(say: Say) {
    this.#say = say;
  }

  done(order: number): void {
    this.#line(JSON.stringify({ done: order } satisfies PageReport));
  }

  failed(order: number, failure: Failure): void {
    this.#line(JSON.stringify({ failed: order, ...failure } satisfies PageReport));
  }

  /** In a flood people's words are dropped; who is there and how the call stands is always told. */
  event(event: CallEvent): void {
    const { action } = event;
    const isWords = action === 'app-message' || action === 'transcription-message';
    if (isWords && this.#untaken >= MAX_UNTAKEN) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0 && this.#untaken < MAX_UNTAKEN) {
      const message = `${this.#dropped} messages came faster than they were taken, and were dropped`;
      this.#dropped = 0;
      this.event({ action: 'nonfatal-error', type: null, message });
    }
    const line = lineOf(event);
    if (line !== undefined) this.#line(line);
    else this.event({ action: 'nonfatal-error', type: null, message: `${action}: too long to be told, or no JSON` });
  }

  /** Who is in the call. Those for whom the line has no place are told as if they came afterwards. */
  joined(people: readonly Person[]): void {
    let left = MAX_PAGE_LINE - FRAME;
    const fits = people.filter((person) => {
      left -= bytesOf(JSON.stringify(person)) + 1;
      return left >= 0;
    });
    this.event({ action: 'joined-meeting', people: fits });
    for (const person of people.slice(fits.length)) this.event({ action: 'participant-joined', person });
  }

  #line(line: string): void {
    this.#untaken += 1;
    const taken = () => {
      this.#untaken -= 1;
    };
    try {
      Promise.resolve(this.#say(line)).then(taken, taken);
    } catch {
      taken();
    }
  }
}

/** Undefined when it can't be said. */
function lineOf(event: CallEvent): string | undefined {
  try {
    const line = JSON.stringify({ event } satisfies PageReport);
    return bytesOf(line) <= MAX_PAGE_LINE ? line : undefined;
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();
function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
