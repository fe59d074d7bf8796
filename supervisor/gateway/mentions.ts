export interface Named {
  readonly participantId: string;
  readonly name: string;
}

const MAX_MENTIONS = 32;
const WORD = /[\p{L}\p{N}_]/u;

/**
 * The participants that a text names as `@name`, in any case, each once and in the order of the text. Where names begin
 * alike the longest that stands there counts, and it has to end where a word does; nothing of a word stands before the @.
 */
export function mentionsIn(text: string, named: Iterable<Named>): string[] {
  if (!text.includes('@')) return [];
  const lower = text.toLowerCase();
  const byLength = [...named]
    .map(({ participantId, name }) => ({ participantId, name: name.toLowerCase() }))
    .sort((a, b) => b.name.length - a.name.length);
  const found = new Set<string>();
  for (let at = lower.indexOf('@'); at >= 0 && found.size < MAX_MENTIONS; at = lower.indexOf('@', at + 1)) {
    if (isWord(lower, at - 1)) continue;
    const hit = byLength.find(({ name }) => lower.startsWith(name, at + 1) && !isWord(lower, at + 1 + name.length));
    if (hit !== undefined) found.add(hit.participantId);
  }
  return [...found];
}

/** Whether there is a part of a word at that place; of a surrogate pair either half may be pointed at. */
function isWord(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return WORD.test(String.fromCodePoint(text.codePointAt(isLow ? at - 1 : at) ?? 0));
}
