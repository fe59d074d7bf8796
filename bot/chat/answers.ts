import type { Part } from './talk.ts';

/** What the bot knows of its room. */
export interface RoomKnowledge {
  /** Names, in the order of their coming. */
  readonly people: readonly string[];
  /** Of the last five minutes, who wrote most first. */
  readonly parts: readonly Part[];
  readonly nameOf: (participantId: string) => string;
}

/** `repeats`: what somebody else has put into its mouth. */
export interface Answer {
  readonly text: string;
  readonly repeats?: true;
}

/** So many names in one answer. */
const MAX_NAMES = 10;

const HELP =
  'I am a small bot, not a language model. Ask me “who is here” or “who speaks most”, or tell me “say …” and I repeat ' +
  'it, as far as the policy of this room allows.';
const SAY = /^say(?:\s+|$)/iu;
const QUESTIONS: readonly [RegExp, (room: RoomKnowledge) => string][] = [
  [/^(?:help|what can you do)$/u, () => HELP],
  [/^who(?: is|’s|'s|s) (?:here|there|in(?: here)?)$/u, whoIsHere],
  [/^who (?:speaks|talks|writes|says|has (?:spoken|talked|written|said)) (?:the )?most$/u, whoSpeaksMost],
];

/** What somebody says to the bot → what it answers. */
export function answerTo(words: string, room: RoomKnowledge): Answer {
  if (SAY.test(words)) {
    const text = words.replace(SAY, '').trim();
    return text === '' ? { text: 'Gladly: what shall I say?' } : { text, repeats: true };
  }
  const asked = words
    .toLowerCase()
    .replace(/[\s,.!?]+/gu, ' ')
    .trim();
  const known = QUESTIONS.find(([pattern]) => pattern.test(asked));
  if (known !== undefined) return { text: known[1](room) };
  return { text: 'That is beyond me: I am a small bot. Say “@bot help”, and I tell you what I can do.' };
}

function whoIsHere({ people }: RoomKnowledge): string {
  if (people.length === 0) return 'I know of nobody but you and me.';
  return `${people.length === 1 ? 'Only ' : ''}${list(people)}, and I.`;
}

function whoSpeaksMost({ parts, nameOf }: RoomKnowledge): string {
  const [first, ...others] = parts;
  if (first === undefined) return 'In the last 5 minutes nobody has written anything, but to me.';
  const messages = first.messages === 1 ? '1 message' : `${first.messages} messages`;
  const most = `In the last 5 minutes, ${nameOf(first.participantId)}: ${messages}, ${percent(first)} of all.`;
  if (others.length === 0) return most;
  return `${most} Then ${list(others.map((part) => `${nameOf(part.participantId)} (${percent(part)})`))}.`;
}

function percent({ share }: Part): string {
  return `${Math.round(share * 100)} %`;
}

function list(all: readonly string[]): string {
  const names = all.length > MAX_NAMES ? [...all.slice(0, MAX_NAMES), `${all.length - MAX_NAMES} more`] : [...all];
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
