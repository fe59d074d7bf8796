import { meetingNames, readMeeting } from '../../test/helpers/meetings.ts';

/** Chance that is the same in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What people said, line by line: the real meetings, or, where they aren't, made-up words in lines of their length. */
export function transcriptLines(): { lines: string[]; source: string } {
  const real = meetingNames().flatMap((name) => readMeeting(name).map(({ text }) => text));
  if (real.length > 0) return { lines: real, source: 'real meetings' };
  const chance = seeded(1);
  const letters = () => String.fromCharCode(97 + chance(26));
  const words = Array.from({ length: 4_000 }, () => Array.from({ length: 2 + chance(7) }, letters).join(''));
  const line = () => Array.from({ length: 1 + chance(20) }, () => words[chance(words.length)]).join(' ');
  return { lines: Array.from({ length: 3_000 }, line), source: 'generated lines' };
}

/** Phrases of one to three words that are spoken in the lines, though seldom in this order. */
export function phrasesOf(lines: readonly string[], count: number): string[] {
  const chance = seeded(2);
  const words = [...new Set(lines.flatMap((line) => line.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []))];
  const phrases = new Set<string>();
  while (phrases.size < count) {
    phrases.add(Array.from({ length: 2 + chance(2) }, () => words[chance(words.length)]).join(' '));
  }
  return [...phrases];
}

/** In pieces of a few letters, as a language model says them. */
export function tokensOf(line: string): string[] {
  return line.match(/\s?\S{1,5}|\s+/g) ?? [];
}
