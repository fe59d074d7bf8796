import { MAX_PAGE_LINE } from '../../../../spec/page-host.ts';
import type { CallEvent, PageReport, Person } from '../protocol.ts';
import type { Failure } from './read.ts';
import { Renames } from './renames.ts';

/** Says a line. It may return a promise that settles when the line was taken. */
export type Say = (line: string) => unknown;

/** Lines that nobody has taken yet. More than these are a flood. */
const MAX_UNTAKEN = 1_000;
/** Of them, app messages of one sender: nobody floods the others away. */
const MAX_UNTAKEN_OF_ONE = 50;
/** For what stands around the people in their line. */
const FRAME = 100;

/** What the page says: lines that are never too long, and never too many at once. */
export class Reporter {
  readonly #say: Say;
  #untaken = 0;
  #dropped = 0;
  #telling = false;
  /** Untaken app messages, by sender. */
  readonly #of = new Map<string, number>();
  readonly #renames = new Renames((person, onTaken) => this.#tell({ action: 'participant-updated', person }, onTaken));

  constructor(say: Say) {
    this.#say = say;
  }

  done(order: number): void {
    this.#line(JSON.stringify({ done: order } satisfies PageReport));
  }

  failed(order: number, failure: Failure): void {
    this.#line(JSON.stringify({ failed: order, ...failure } satisfies PageReport));
  }

  /**
   * In a flood people's words are dropped, and of somebody's names the newest follows the one before; who is there and how
   * the call stands is always told.
   */
  event(event: CallEvent): void {
    if (this.#isTooMuch(event)) {
      this.#dropped += 1;
      return;
    }
    this.#tellDropped();
    if (event.action === 'participant-updated') {
      this.#renames.renamed(event.person);
      return;
    }
    if (event.action === 'participant-left') this.#renames.left(event.person.sessionId);
    this.#tell(event, event.action === 'app-message' ? this.#counted(event.from) : undefined);
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

  #isTooMuch(event: CallEvent): boolean {
    if (event.action === 'transcription-message') return this.#untaken >= MAX_UNTAKEN;
    if (event.action !== 'app-message') return false;
    return this.#untaken >= MAX_UNTAKEN || (this.#of.get(event.from) ?? 0) >= MAX_UNTAKEN_OF_ONE;
  }

  /** How many have been left out: one such line at a time. */
  #tellDropped(): void {
    if (this.#dropped === 0 || this.#telling || this.#untaken >= MAX_UNTAKEN) return;
    const message = `${this.#dropped} messages came faster than they were taken, and were dropped`;
    this.#dropped = 0;
    this.#telling = true;
    this.#tell({ action: 'nonfatal-error', type: null, message }, () => {
      this.#telling = false;
    });
  }

  /** One more app message of that sender; the answer is for when it was taken. */
  #counted(from: string): () => void {
    this.#of.set(from, (this.#of.get(from) ?? 0) + 1);
    return () => {
      const left = (this.#of.get(from) ?? 1) - 1;
      if (left > 0) this.#of.set(from, left);
      else this.#of.delete(from);
    };
  }

  #tell(event: CallEvent, onTaken?: () => void): void {
    const message = `${event.action}: too long to be told, or no JSON`;
    const line = lineOf(event) ?? lineOf({ action: 'nonfatal-error', type: null, message });
    if (line === undefined) onTaken?.();
    else this.#line(line, onTaken);
  }

  #line(line: string, onTaken?: () => void): void {
    this.#untaken += 1;
    const taken = () => {
      this.#untaken -= 1;
      onTaken?.();
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
