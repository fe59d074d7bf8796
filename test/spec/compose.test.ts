import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composePolicy, defaultPolicy, statements } from '../../spec/compose.ts';
import { enforcementAction, type PolicyLayer, policyLayer } from '../../spec/policy.ts';
import { canonicalJson } from '../../spec/version.ts';
import { composeSnapshot } from '../../supervisor/policy/snapshot.ts';
import { anyLayer, compose, composedLayer, named, parse, shuffled } from './layer-arbitrary.ts';

const RUNS = { numRuns: 300 };

describe('P18 composition of policy layers', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(anyLayer, anyLayer, (a, b) => {
        expect(compose(a, b)).toEqual(compose(b, a));
      }),
      RUNS,
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyLayer, anyLayer, (a, b) => {
        expect(compose(a, a)).toEqual(compose(a));
        expect(compose(a, b, a)).toEqual(compose(a, b));
        expect(compose(composedLayer(a))).toEqual(compose(a));
      }),
      RUNS,
    );
  });

  it('is associative: what layers come to is a layer that stands for them', () => {
    fc.assert(
      fc.property(anyLayer, anyLayer, anyLayer, (a, b, c) => {
        const all = compose(a, b, c);
        expect(compose(composedLayer(a, b), c)).toEqual(all);
        expect(compose(a, composedLayer(b, c))).toEqual(all);
      }),
      RUNS,
    );
  });

  it('gives the same version whatever the order of layers, keys and lists', () => {
    const turned = fc.array(anyLayer, { maxLength: 3 }).chain((layers) => {
      return fc.tuple(fc.constant(layers), shuffled(layers, fc.nat(11)) as fc.Arbitrary<PolicyLayer[]>);
    });
    fc.assert(
      fc.property(turned, ([layers, others]) => {
        const versions = [layers, others].map((list) => composeSnapshot(named(list.map(parse))).policyVersion);
        expect(versions[0]).toBe(versions[1]);
      }),
      RUNS,
    );
  });

  it('takes an allow list for what it is, written as a list or as a list of lists', () => {
    const version = (tools: object) => composeSnapshot(named([parse({ tools })])).policyVersion;
    expect(version({ allow: ['clock', 'search.*'] })).toBe(version({ allow: [['search.*', 'clock', 'clock']] }));
    const to = (tools: object) => ({ severity: 'low', count: 1, within: 1, action: 'restrict', to: { tools } });
    const both = compose({ enforcement: [to({ allow: ['a', 'b'] }), to({ allow: [['b', 'a']], deny: [] })] });
    expect(both.enforcement).toHaveLength(1);
  });

  it('puts the strictest action first, in one order', () => {
    fc.assert(
      fc.property(anyLayer, anyLayer, (a, b) => {
        const rules = compose(a, b).enforcement ?? [];
        const ranks = rules.map(({ action }) => enforcementAction.options.indexOf(action));
        expect(ranks).toEqual([...ranks].sort((x, y) => y - x));
        expect(new Set(rules.map(canonicalJson)).size).toBe(rules.length);
      }),
      RUNS,
    );
  });
});

describe('P18 provenance', () => {
  it('names exactly the layers without which, or by whose word alone, the field would be as it is', () => {
    fc.assert(
      fc.property(fc.array(anyLayer, { minLength: 1, maxLength: 4 }), (layers) => {
        const { policy, provenance } = composePolicy(named(layers));
        for (const [path, givers] of Object.entries(provenance)) {
          const value = at(policy, path);
          const alone = layers.map((layer) => composePolicy(named([layer])));
          const expected = layers.flatMap((_, i) => {
            const one = alone[i];
            if (one === undefined || one.provenance[path]?.join() === 'defaults') return [];
            const said = at(one.policy, path);
            const gives = Array.isArray(value) ? said !== undefined : said === value;
            return gives ? [`layer${i}`] : [];
          });
          expect([path, givers]).toEqual([path, expected.length > 0 ? expected : ['defaults']]);
        }
        expect(leaves(policy)).toEqual(Object.keys(provenance).sort());
      }),
      RUNS,
    );
  });

  it('says which layer gave each field, and what the others say', () => {
    const layers = [
      { name: 'deployment', layer: parse({ turns: { maxChars: 600 }, tools: { deny: ['payments.**'] } }) },
      { name: 'request', layer: parse({ turns: { maxChars: 200 }, tools: { deny: ['clock'] } }) },
      { name: 'request', layer: parse({ turns: { maxChars: 200 } }) },
    ];
    const { policy, provenance } = composePolicy(layers);
    expect(policy.turns?.maxChars).toBe(200);
    expect(provenance).toEqual({
      'turns.maxChars': ['request'],
      'tools.deny': ['deployment', 'request'],
      'content.mode': ['defaults'],
      enforcement: ['defaults'],
    });
    expect(statements(layers)['turns.maxChars']).toEqual([
      { name: 'deployment', value: 600 },
      { name: 'request', value: 200 },
      { name: 'request', value: 200 },
    ]);
  });

  it('leaves the layers and the defaults as they were', () => {
    fc.assert(
      fc.property(anyLayer, anyLayer, (a, b) => {
        const before = canonicalJson([a, b, defaultPolicy]);
        composePolicy(named([a, b]));
        expect(canonicalJson([a, b, defaultPolicy])).toBe(before);
      }),
    );
  });
});

describe('a layer', () => {
  it.each([
    [{ to: {} }],
    [{ to: { tools: {} } }],
    [{ to: { tools: { deny: [] }, turns: {}, rates: [] } }],
    [{ to: { content: { blockedPhrases: [] } } }],
  ])('has to restrict to something: %j', (part) => {
    const rule = { severity: 'low', count: 1, within: 1, action: 'restrict', ...part };
    expect(policyLayer.safeParse({ enforcement: [rule] }).error?.issues[0]?.message).toContain('expected a constraint');
  });

  it('may restrict to no tools at all', () => {
    const rule = { severity: 'low', count: 1, within: 1, action: 'restrict', to: { tools: { allow: [] } } };
    expect(compose({ enforcement: [rule] }).enforcement).toEqual([{ ...rule, to: { tools: { allow: [[]] } } }]);
  });

  it.each([['\u200b'], ['\u200b\u00ad \ufe0f']])('has no phrase that is invisible, and never found: %j', (phrase) => {
    const layer = { content: { blockedPhrases: ['a', phrase] } };
    expect(policyLayer.safeParse(layer).error?.issues).toMatchObject([
      { path: ['content', 'blockedPhrases', 1], message: 'expected a phrase of more than invisible characters' },
    ]);
  });

  it.each([
    [{ rates: [{ id: 'a', topic: 'room.message.sent', limit: 1, per: '0s' }] }],
    [{ enforcement: [{ severity: 'low', count: 2, within: '0s', action: 'warn' }] }],
    [{ enforcement: [{ severity: 'low', count: 2, within: 0, action: 'quarantine', for: '1m' }] }],
  ])('has no window in which nothing can happen: %j', (layer) => {
    expect(policyLayer.safeParse(layer).error?.issues[0]?.message).toContain('expected a duration above 0');
  });

  it.each([
    [{ policyId: '\ud800' }],
    [{ content: { blockedPhrases: ['\udfff'] } }],
    [{ rates: [{ id: '\ud800', topic: 'room.message.sent', limit: 1, per: 1 }] }],
  ])('has to be text that can be hashed: %j', (layer) => {
    expect(policyLayer.safeParse(layer).error?.issues[0]?.message).toBe('expected well-formed Unicode');
  });
});

function at(value: object, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value);
}

function leaves(policy: object): string[] {
  return Object.entries(policy)
    .flatMap(([head, part]) =>
      Array.isArray(part) ? [head] : Object.keys(part as object).map((key) => `${head}.${key}`),
    )
    .sort();
}
