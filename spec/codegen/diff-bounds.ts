import type { Parties, Say } from './diff.ts';

const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'] as const;
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'] as const;

export const BOUNDS = [...LOWER, ...UPPER, 'multipleOf'] as const;

/** A bound that is new or nearer refuses what was taken; one that is gone or further away takes more. */
export function compareBound(
  keyword: (typeof BOUNDS)[number],
  before: unknown,
  after: unknown,
  at: string,
  { writers }: Parties,
  say: Say,
): void {
  if (before === after || (ofCounts(keyword) && (before ?? 0) === (after ?? 0))) return;
  const what = `${keyword} ${before ?? 'none'} → ${after ?? 'none'}`;
  if (isTighter(keyword, before, after)) {
    say(
      at,
      'bounds.tightened',
      true,
      `bounds tightened, ${what}, because ${writers} that keep to the old ones are refused`,
    );
  } else say(at, 'bounds.loosened', false, `bounds loosened, ${what}: all that was taken still is`);
}

/** No length is below 0. */
function ofCounts(keyword: string): boolean {
  return keyword === 'minLength' || keyword === 'minItems' || keyword === 'minProperties';
}

function isTighter(keyword: string, before: unknown, after: unknown): boolean {
  if (after === undefined) return false;
  if (typeof before !== 'number' || typeof after !== 'number') return true;
  if (LOWER.some((name) => name === keyword)) return after > before;
  if (UPPER.some((name) => name === keyword)) return after < before;
  // Multiples of 10 are multiples of 5.
  return !Number.isInteger(before / after);
}

export function comparePattern(
  before: unknown,
  after: unknown,
  at: string,
  { writers, readers }: Parties,
  say: Say,
): void {
  if (before === after) return;
  if (after === undefined) {
    say(at, 'pattern.removed', false, `pattern removed: ${readers} may see other forms`);
  } else {
    const what = before === undefined ? 'pattern added' : 'pattern changed';
    say(at, 'pattern.changed', true, `${what}, because what ${writers} write may be refused`);
  }
}
