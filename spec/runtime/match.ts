/**
 * A pattern of dotted names → a test of names; used for topics, rooms' tools and policies alike.
 * `*` is one word, `**` (only at the end) the rest, one word or more.
 * Throws a RangeError that says what was expected when the pattern is none.
 */
export function nameMatcher(pattern: string): (name: string) => boolean {
  if (!isPattern(pattern)) {
    throw new RangeError(`expected a pattern such as room.*.score or conversation.**, got "${pattern}"`);
  }
  if (pattern === '**') return () => true;
  if (!pattern.includes('*')) return (name) => name === pattern;
  const source = pattern
    .split('.')
    .map((word) => (word === '**' ? '.+' : word === '*' ? '[^.]+' : word))
    .join('\\.');
  const regex = new RegExp(`^${source}$`);
  return (name) => regex.test(name);
}

/** The same for several patterns, one of which has to fit; of none, no name does. */
export function anyNameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(nameMatcher);
  return (name) => matchers.some((matches) => matches(name));
}

export function isPattern(text: string): boolean {
  return PATTERN.test(text);
}

const PATTERN = /^(?:(?:[A-Za-z0-9_-]+|\*)\.)*(?:[A-Za-z0-9_-]+|\*|\*\*)$/;
