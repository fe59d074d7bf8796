import type { PhraseStream } from '../../spec/phrases.ts';
import { codePointLength } from '../../spec/runtime/code-points.ts';
import type { Rules } from './rules.ts';
import type { Breach } from './violations.ts';

export type Verdict = 'allowed' | 'blocked';

export interface UtteranceParts {
  readonly rules: Rules;
  readonly runId: string;
  /** What a message breaks now, whatever is in it. */
  readonly atStart: () => readonly Breach[];
  readonly report: (breach: Breach) => void;
}

/** One message, which may come in pieces. Each breach is reported once, as soon as it is one; blocked stays blocked. */
export class Utterance {
  readonly #parts: UtteranceParts;
  readonly #phrases: PhraseStream;
  #verdict: Verdict = 'allowed';
  #begun = false;
  /** In code points. */
  #length = 0;
  #last = '';

  constructor(parts: UtteranceParts) {
    this.#parts = parts;
    this.#phrases = parts.rules.phrases.stream();
  }

  push(piece: string): Verdict {
    this.#begin();
    this.#measure(piece);
    this.#found(this.#phrases.push(piece));
    return this.#verdict;
  }

  end(): Verdict {
    this.#begin();
    this.#found(this.#phrases.end());
    return this.#verdict;
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const breach of this.#parts.atStart()) this.#breach(breach);
  }

  #measure(piece: string): void {
    const { maxChars = Number.POSITIVE_INFINITY } = this.#parts.rules.turns;
    const fitted = this.#length <= maxChars;
    // A pair of surrogates that was cut in two is one code point.
    this.#length += codePointLength(this.#last + piece) - codePointLength(this.#last);
    this.#last = piece === '' ? this.#last : piece.slice(-1);
    if (fitted && this.#length > maxChars) {
      this.#breach({ rule: 'turns.maxChars', severity: 'low', action: 'blocked', subject: 'maxChars' });
    }
  }

  #found(indexes: readonly number[]): void {
    const { rules, runId } = this.#parts;
    for (const index of indexes) {
      const subject = rules.subject(index, runId);
      this.#breach({ rule: 'content.blockedPhrases', severity: 'high', action: rules.onPhrase, subject });
    }
  }

  #breach(breach: Breach): void {
    if (breach.action === 'blocked') this.#verdict = 'blocked';
    this.#parts.report(breach);
  }
}
