import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyLayer, Severity } from '../../spec/policy.ts';
import { anyLayer, compose, PHRASES, TOOLS } from './layer-arbitrary.ts';

/** One thing that a bot may be about to do, with all that happened before. */
interface Act {
  readonly tool: string;
  readonly text: string;
  readonly chars: number;
  readonly turns: { readonly session: number; readonly minute: number; readonly running: number };
  /** Events within the window of a rate with this id, topic and length. */
  readonly events: number;
  readonly sinceLast: number;
  readonly isMentioned: boolean;
  readonly violations: { readonly severity: Severity; readonly count: number };
}

const act: fc.Arbitrary<Act> = fc.record({
  tool: fc.constantFrom(...TOOLS),
  text: fc.array(fc.constantFrom(...PHRASES, 'harmless'), { maxLength: 3 }).map((words) => words.join(' ')),
  chars: fc.nat(25),
  turns: fc.record({ session: fc.nat(25), minute: fc.nat(25), running: fc.nat(25) }),
  events: fc.nat(25),
  sinceLast: fc.nat(25),
  isMentioned: fc.boolean(),
  violations: fc.record({ severity: fc.constantFrom('low', 'medium', 'high'), count: fc.nat(6) }),
});

const STRICTNESS = ['nothing', 'record', 'warn', 'restrict', 'terminate', 'quarantine'];
const GRAVITY = ['low', 'medium', 'high'];

/** `search.*` and `payments.**`, as policy.md has them; written without the matcher. */
function fits(pattern: string, tool: string): boolean {
  if (pattern === '**' || pattern === tool) return true;
  if (pattern.endsWith('.**')) return tool.startsWith(pattern.slice(0, -2));
  return (
    pattern.endsWith('.*') && tool.startsWith(pattern.slice(0, -1)) && !tool.slice(pattern.length - 1).includes('.')
  );
}

/**
 * What one layer forbids, read off the layer as people write it; it knows nothing of how layers are composed. A key says
 * what is forbidden, the value how much.
 */
function forbids(layer: PolicyLayer, now: Act): Map<string, number> {
  const out = new Map<string, number>();
  const { tools, turns, rates, content, attention, enforcement } = layer;
  const lists = tools?.allow === undefined ? [] : asLists(tools.allow);
  if (tools?.deny?.some((pattern) => fits(pattern, now.tool))) out.set('tool', 1);
  if (lists.some((list) => !list.some((pattern) => fits(pattern, now.tool)))) out.set('tool', 1);
  if (now.turns.session > (turns?.maxPerSession ?? Infinity)) out.set('session', 1);
  if (now.turns.minute > (turns?.maxPerMinute ?? Infinity)) out.set('minute', 1);
  if (now.turns.running > (turns?.maxConsecutive ?? Infinity)) out.set('running', 1);
  if (now.chars > (turns?.maxChars ?? Infinity)) out.set('chars', 1);
  for (const { id, topic, limit, per } of rates ?? []) if (now.events > limit) out.set(`${id} ${topic} ${per}`, 1);
  // 1: must be told; 2: must not be said.
  const isHit = content?.blockedPhrases?.some((phrase) => now.text.includes(phrase));
  if (isHit) out.set('phrase', content?.mode === 'report' ? 1 : 2);
  const isCooling = now.sinceLast < (attention?.cooldown ?? 0);
  if (isCooling && !(now.isMentioned && attention?.mentionsBypassCooldown === true)) out.set('cooldown', 1);
  for (const rule of enforcement ?? []) {
    if (GRAVITY.indexOf(now.violations.severity) < GRAVITY.indexOf(rule.severity)) continue;
    if (now.violations.count < rule.count) continue;
    out.set(`within ${rule.within}`, Math.max(out.get(`within ${rule.within}`) ?? 0, STRICTNESS.indexOf(rule.action)));
    if (rule.action === 'quarantine') out.set('for', Math.max(out.get('for') ?? 0, rule.for));
    if (rule.action !== 'restrict') continue;
    for (const [what, much] of forbids(rule.to, now))
      out.set(`then ${what}`, Math.max(out.get(`then ${what}`) ?? 0, much));
  }
  return out;
}

function asLists(allow: string[] | string[][]): string[][] {
  return allow.length > 0 && allow.every((item) => Array.isArray(item)) ? allow : [allow as string[]];
}

describe('P18 composition never loosens', () => {
  it('forbids whatever any of the layers forbids alone, as much as it does', () => {
    fc.assert(
      fc.property(
        fc.array(anyLayer, { minLength: 1, maxLength: 4 }),
        fc.array(act, { minLength: 5 }),
        (layers, acts) => {
          const all = compose(...layers) as PolicyLayer;
          for (const now of acts) {
            const forbidden = forbids(all, now);
            for (const layer of layers) {
              for (const [what, much] of forbids(layer, now)) {
                expect([what, forbidden.get(what) ?? 0]).toEqual([what, expect.toSatisfy((n: number) => n >= much)]);
              }
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('keeps what a layer leaves open from being opened by another', () => {
    const strict = { content: { blockedPhrases: ['one'] }, attention: { cooldown: 60_000 } };
    const lenient = { content: { mode: 'report' }, attention: { mentionsBypassCooldown: true } };
    expect(compose(strict, lenient)).toMatchObject({
      content: { mode: 'block' },
      attention: { mentionsBypassCooldown: false },
    });
  });
});
