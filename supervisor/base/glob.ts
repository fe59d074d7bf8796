/**
 * A pattern with `*` for any run of characters → whether it fits a text. Of a pattern in place of a text: whether it fits
 * whatever that one fits, for its `*` can only stand within a `*`.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const [first = '', ...more] = pattern.split(/\*+/);
  const last = more.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    // The first place is the best one: so it takes no going back, however many `*` there are.
    for (const part of more) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}
