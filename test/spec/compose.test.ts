import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composePolicy } from '../../spec/compose.ts';
import {
  type ConversationPolicy,
  enforcementAction,
  type PolicyLayer,
  policyLayer,
  severity,
} from '../../spec/policy.ts';
import { nameMatcher } from '../../spec/runtime/match.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const TOOLS = ['search.web', 'search.files', 'payments.send', 'message.send', 'clock'];
const pattern = fc.constantFrom('search.*', 'payments.**', '**', ...TOOLS);
const count = fc.nat(20);
const layer: fc.Arbitrary<PolicyLayer> = fc.record(
  {
    tools: optional(
      fc.record({
        allow: optional(fc.array(pattern, { maxLength: 3 })),
        deny: optional(fc.array(pattern, { maxLength: 3 })),
      }),
    ),
    turns: optional(
      fc.record({
        maxPerSession: optional(count),
        maxPerMinute: optional(count),
        maxConsecutive: optional(count),
        maxChars: optional(count),
      }),
    ),
    rates: optional(
      fc.array(
        fc.record({ id: fc.constantFrom('a', 'b'), topic: pattern, limit: count, per: fc.constantFrom(1000, 60_000) }),
        { maxLength: 3 },
      ),
    ),
    content: optional(
      fc.record({
        blockedPhrases: optional(fc.array(fc.constantFrom('one', 'two', 'Drei'), { maxLength: 3 })),
        mode: optional(fc.constantFrom('block' as const, 'report' as const)),
      }),
    ),
    attention: optional(fc.record({ cooldown: optional(count), mentionsBypassCooldown: optional(fc.boolean()) })),
    enforcement: optional(
      fc.array(
        fc.record({
          severity: fc.constantFrom(...severity.options),
          count: fc.integer({ min: 1, max: 5 }),
          within: fc.constantFrom(1000, 600_000),
          action: fc.constantFrom(...enforcementAction.options),
        }),
        { maxLength: 3 },
      ),
    ),
  },
  { requiredKeys: [] },
);

const compose = (...layers: (PolicyLayer | ConversationPolicy)[]): ConversationPolicy =>
  composePolicy(
    layers.map((item, i) => ({ name: `layer${i}`, layer: policyLayer.parse(JSON.parse(JSON.stringify(item))) })),
  ).policy;

function admits({ tools }: ConversationPolicy, tool: string): boolean {
  const hit = (patterns: readonly string[]) => patterns.some((text) => nameMatcher(text)(tool));
  return !hit(tools?.deny ?? []) && (tools?.allow ?? []).every(hit);
}

describe('P18 composition of policy layers', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        expect(compose(a, b)).toEqual(compose(b, a));
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(layer, (a) => {
        expect(compose(a, a)).toEqual(compose(a));
      }),
    );
  });

  it('is associative', () => {
    // The built-in defaults fill what is absent, so a composed part can only stand for layers that fill it themselves.
    const rule = { severity: 'low', count: 9, within: 1, action: 'record' } as const;
    const full = layer.map(
      (item): PolicyLayer => ({
        ...item,
        enforcement: [...(item.enforcement ?? []), rule],
        content: { ...item.content, mode: item.content?.mode ?? 'report' },
      }),
    );
    fc.assert(
      fc.property(full, full, full, (a, b, c) => {
        const all = compose(a, b, c);
        expect(compose(compose(a, b), c)).toEqual(all);
        expect(compose(a, compose(b, c))).toEqual(all);
      }),
    );
  });

  it('never loosens what any layer says', () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 4 }), (layers) => {
        const all = compose(...layers);
        for (const one of layers.map((item) => compose(item))) {
          for (const tool of TOOLS) if (admits(all, tool)) expect(admits(one, tool)).toBe(true);
          for (const key of ['maxPerSession', 'maxPerMinute', 'maxConsecutive', 'maxChars'] as const) {
            expect(all.turns?.[key] ?? Infinity).toBeLessThanOrEqual(one.turns?.[key] ?? Infinity);
          }
          expect(all.attention?.cooldown ?? 0).toBeGreaterThanOrEqual(one.attention?.cooldown ?? 0);
          expect(all.rates ?? []).toEqual(expect.arrayContaining(one.rates ?? []));
          expect(all.content?.blockedPhrases ?? []).toEqual(expect.arrayContaining(one.content?.blockedPhrases ?? []));
        }
        for (const said of layers) {
          expect(all.enforcement).toEqual(expect.arrayContaining(said.enforcement ?? []));
          if (said.content?.mode === 'block') expect(all.content?.mode).toBe('block');
          if (said.attention?.mentionsBypassCooldown === false)
            expect(all.attention?.mentionsBypassCooldown).toBe(false);
        }
      }),
    );
  });

  it('puts the strictest action first', () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        const ranks = (compose(a, b).enforcement ?? []).map(({ action }) => enforcementAction.options.indexOf(action));
        expect(ranks).toEqual([...ranks].sort((x, y) => y - x));
      }),
    );
  });

  it('says which layer gave each field', () => {
    const { policy, provenance } = composePolicy([
      { name: 'deployment', layer: { turns: { maxChars: 600 }, tools: { deny: ['payments.**'] } } },
      { name: 'request', layer: { turns: { maxChars: 200 }, tools: { deny: ['clock'] } } },
    ]);
    expect(policy.turns?.maxChars).toBe(200);
    expect(provenance).toEqual({
      'turns.maxChars': ['request'],
      'tools.deny': ['deployment', 'request'],
      'content.mode': ['defaults'],
      enforcement: ['defaults'],
    });
  });

  it('keeps allow lists apart: each has to admit the tool', () => {
    const both = compose({ tools: { allow: ['search.*'] } }, { tools: { allow: ['search.web', 'clock'] } });
    expect(TOOLS.filter((tool) => admits(both, tool))).toEqual(['search.web']);
    expect(TOOLS.filter((tool) => admits(compose({ tools: { allow: [] } }), tool))).toEqual([]);
  });
});
