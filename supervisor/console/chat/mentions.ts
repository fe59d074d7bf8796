/** Names to choose from at most. */
const MAX_CHOICES = 6;

export interface Completion {
  /** Where the `@` stands. */
  readonly start: number;
  readonly choices: readonly string[];
}

/** The names that somebody may be about to write who has just typed `@` and a beginning; undefined: none. */
export function completionAt(text: string, caret: number, names: readonly string[]): Completion | undefined {
  const start = text.lastIndexOf('@', caret - 1);
  if (start === -1 || /[\p{L}\p{N}]/u.test(text[start - 1] ?? '')) return undefined;
  const begun = fold(text.slice(start + 1, caret));
  const choices = names.filter((name) => fold(name).startsWith(begun)).slice(0, MAX_CHOICES);
  return choices.length === 0 || choices.some((name) => fold(name) === begun) ? undefined : { start, choices };
}

/** Names as `mentionsOf` wants them: whoever is called Ada Lovelace isn't Ada. */
export function longestFirst(names: readonly string[]): string[] {
  return [...names].sort((a, b) => b.length - a.length);
}

/** A text → its pieces, those that mention somebody with the name. `names`: the longest first. */
export function mentionsOf(text: string, names: readonly string[]): { text: string; name?: string }[] {
  const pieces: { text: string; name?: string }[] = [];
  let from = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const name = names.find((one) => isNamed(text, at + 1, one));
    if (name === undefined || at < from) continue;
    const end = at + 1 + name.length;
    if (at > from) pieces.push({ text: text.slice(from, at) });
    pieces.push({ text: text.slice(at, end), name });
    from = end;
  }
  return from < text.length ? [...pieces, { text: text.slice(from) }] : pieces;
}

function isNamed(text: string, start: number, name: string): boolean {
  const end = start + name.length;
  return name !== '' && fold(text.slice(start, end)) === fold(name) && !/[\p{L}\p{N}]/u.test(text[end] ?? '');
}

function fold(text: string): string {
  return text.toLocaleLowerCase();
}
