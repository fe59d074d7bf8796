export interface Named {
  readonly participantId: string;
  readonly name: string;
}

const MAX_MENTIONS = 32;
const WORD = /[\p{L}\p{N}_]/u;

/**
 * The participants that a text names as `@name`, in any case, each once and in the order of the text. Where names begin
 * alike the longest that stands there counts, and it has to end where a word does; nothing of a word stands before the @.
 * `always` are mentioned also where the name of somebody else is longer: nobody takes a mention away by such a name.
 */
export function mentionsIn(text: string, named: Iterable<Named>, always: Iterable<Named> = []): string[] {
  if (!text.includes('@')) return [];
  const lower = text.toLowerCase();
  const [people, sure] = [longestFirst(named), longestFirst(always)];
  const found = new Set<string>();
  for (let at = lower.indexOf('@'); at >= 0 && found.size < MAX_MENTIONS; at = lower.indexOf('@', at + 1)) {
    if (isWord(lower, at - 1)) continue;
    const stands = ({ name }: Named) => lower.startsWith(name, at + 1) && !isWord(lower, at + 1 + name.length);
    for (const hit of [sure.find(stands), people.find(stands)]) if (hit !== undefined) found.add(hit.participantId);
  }
  return [...found].slice(0, MAX_MENTIONS);
}

function longestFirst(named: Iterable<Named>): Named[] {
  return [...named]
    .map(({ participantId, name }) => ({ participantId, name: name.toLowerCase() }))
    .sort((a, b) => b.name.length - a.name.length);
}

/** Whether there is a part of a word at that place; of a surrogate pair either half may be pointed at. */
function isWord(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return WORD.test(String.fromCodePoint(text.codePointAt(isLow ? at - 1 : at) ?? 0));
}
