import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Behaviour } from '../options.ts';

export type Score = TopicPayloads['room.dominance.score'];

export interface FacilitatorParts {
  readonly behaviour: Pick<Behaviour, 'dominanceThreshold' | 'minSpeech' | 'messageEvery'>;
  /** Whether the bot may act of its own accord now; asked only when it would. */
  readonly mayAct: () => boolean;
  readonly nameOf: (participantId: string) => string;
  /** Guarded; whether it succeeds is no concern of the facilitator. */
  readonly send: (text: string) => unknown;
}

/** A name is cut off beyond so many characters. */
const MAX_NAME = 40;

/** Speaks up when somebody dominates, at its own slow pace. */
export class Facilitator {
  readonly #parts: FacilitatorParts;
  /** Room time before which it stays silent. */
  #silentUntil = 0;

  constructor(parts: FacilitatorParts) {
    this.#parts = parts;
  }

  /** An attempt that the policy blocks counts as acting, so that it isn't repeated with every score. */
  scored(score: Score): void {
    const { behaviour, mayAct, send } = this.#parts;
    const seconds = score.participants.reduce((sum, participant) => sum + participant.seconds, 0);
    if (score.dominance <= behaviour.dominanceThreshold || seconds * 1_000 < behaviour.minSpeech) return;
    if (score.at < this.#silentUntil) return;
    const text = this.#text(score);
    if (text === undefined || !mayAct()) return;
    this.#silentUntil = score.at + behaviour.messageEvery;
    send(text);
  }

  #text({ participants }: Score): string | undefined {
    const [first, ...others] = participants;
    if (first === undefined || others.length === 0) return undefined;
    const most = others.reduce((a, b) => (b.seconds > a.seconds ? b : a), first);
    const least = others.reduce((a, b) => (b.seconds <= a.seconds ? b : a), first);
    const name = (participantId: string) => [...this.#parts.nameOf(participantId)].slice(0, MAX_NAME).join('');
    return (
      `Thank you, ${name(most.participantId)}, you have given us a lot to think about. ` +
      `${name(least.participantId)}, how do you see it?`
    );
  }
}
