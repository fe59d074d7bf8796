import type { ConversationPolicy } from '../../spec/policy.ts';
import { isPattern } from '../../spec/runtime/match.ts';

type Check = (value: unknown, path: string, problems: string[]) => void;

/**
 * A value → the policy it is, or what is wrong with it. Checked by hand, because a schema library costs a third of the
 * bot's start. A part that this bot doesn't know is a constraint it couldn't keep, so it is refused.
 */
export function checkPolicy(value: unknown): { ok: true; policy: ConversationPolicy } | { ok: false; detail: string } {
  const problems: string[] = [];
  policy(value, 'policy', problems);
  return problems.length === 0
    ? { ok: true, policy: value as ConversationPolicy }
    : { ok: false, detail: problems.slice(0, 3).join('; ') };
}

function leaf(expected: string, fits: (value: unknown) => boolean): Check {
  return (value, path, problems) => {
    if (!fits(value)) problems.push(`${path}: expected ${expected}`);
  };
}

function list(item: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.push(`${path}: expected a list`);
    else for (const [i, entry] of value.entries()) item(entry, `${path}.${i}`, problems);
  };
}

function object(parts: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, path, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push(`${path}: expected an object`);
      return;
    }
    for (const name of required) if (!Object.hasOwn(value, name)) problems.push(`${path}.${name}: expected a value`);
    for (const [name, entry] of Object.entries(value)) {
      const check = Object.hasOwn(parts, name) ? parts[name] : undefined;
      if (check === undefined) problems.push(`${path}.${name}: expected nothing that this bot doesn't know`);
      else check(entry, `${path}.${name}`, problems);
    }
  };
}

const text = leaf('text', (value) => typeof value === 'string' && value !== '');
const flag = leaf('true or false', (value) => typeof value === 'boolean');
const count = leaf('a whole number, 0 or more', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
const pattern = leaf('a name or a pattern', (value) => typeof value === 'string' && isPattern(value));

const policy = object({
  tools: object({ allow: list(list(pattern)), deny: list(pattern) }),
  turns: object({ maxPerSession: count, maxPerMinute: count, maxConsecutive: count, maxChars: count }),
  rates: list(object({ id: text, topic: pattern, limit: count, per: count }, ['id', 'topic', 'limit', 'per'])),
  content: object({
    blockedPhrases: list(text),
    mode: leaf('block or report', (value) => value === 'block' || value === 'report'),
  }),
  attention: object({ cooldown: count, mentionsBypassCooldown: flag }),
  // The supervisor's business.
  enforcement: list(() => {}),
});
