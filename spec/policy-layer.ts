import type { Constraints, ConversationPolicy, PolicyLayer } from './policy.ts';
import { canonicalJson } from './version.ts';

/**
 * One layer in the shape of a composed policy: lists are sets, an allow list is a list of lists. What a layer leaves
 * open in a part that it speaks of, is meant strictly: otherwise another layer's word on it could loosen this one.
 */
export function normalizeLayer({
  policyId: _,
  revision: __,
  match: ___,
  enforcement,
  ...rest
}: PolicyLayer): ConversationPolicy {
  const rules = enforcement?.map((rule) => {
    return rule.action === 'restrict' ? { ...rule, to: normalizeConstraints(rule.to) } : rule;
  });
  return { ...normalizeConstraints(rest), ...(rules && rules.length > 0 && { enforcement: uniqueSorted(rules) }) };
}

type WrittenConstraints = Omit<PolicyLayer, 'policyId' | 'revision' | 'match' | 'enforcement'>;

/** Parts that say nothing are left out, so that what means the same has the same shape. */
function normalizeConstraints({ tools, turns, rates, content, attention }: WrittenConstraints): Constraints {
  const { allow, deny } = tools ?? {};
  const lists = allow === undefined ? undefined : isListOfLists(allow) ? allow : [allow];
  const phrases = set(content?.blockedPhrases);
  const mode = content?.mode ?? (phrases && 'block');
  const cooldown = attention?.cooldown;
  const bypass = attention?.mentionsBypassCooldown ?? (cooldown ? false : undefined);
  const said = spoken({
    tools: spoken({ allow: set(lists?.map((list) => uniqueSorted(list))), deny: set(deny) }),
    turns: turns && spoken(turns),
    rates: set(rates),
    content: spoken({ blockedPhrases: phrases, mode }),
    attention: spoken({ cooldown, mentionsBypassCooldown: bypass }),
  });
  return (said ?? {}) as Constraints;
}

function isListOfLists(allow: string[] | string[][]): allow is string[][] {
  return Array.isArray(allow[0]);
}

/** An empty list says nothing. (An empty allow list does: it stands in a list of lists.) */
function set<T>(values: readonly T[] | undefined): T[] | undefined {
  return values === undefined || values.length === 0 ? undefined : uniqueSorted(values);
}

/** Without the keys that have no value; undefined when that leaves nothing. */
function spoken<T extends object>(part: T): Partial<T> | undefined {
  const entries = Object.entries(part).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<T>);
}

/** Sorted by canonical JSON, so that equal sets are equal texts. */
export function uniqueSorted<T>(values: readonly T[]): T[] {
  const byText = new Map(values.map((value) => [canonicalJson(value), value]));
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
