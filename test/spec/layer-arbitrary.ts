import fc from 'fast-check';
import { composePolicy } from '../../spec/compose.ts';
import { type ConversationPolicy, type PolicyLayer, policyLayer, severity } from '../../spec/policy.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
export const TOOLS = ['search.web', 'search.files', 'payments.send', 'message.send', 'clock'];
export const PHRASES = ['one', 'two', 'Drei', 'vier fünf'];
const pattern = fc.constantFrom('search.*', 'payments.**', '**', ...TOOLS);
const patterns = fc.array(pattern, { maxLength: 3 });
const count = fc.nat(20);

const constraints = {
  tools: optional(
    fc.record({
      allow: optional(fc.oneof(patterns, fc.array(patterns, { maxLength: 3 }))),
      deny: optional(patterns),
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
      blockedPhrases: optional(fc.array(fc.constantFrom(...PHRASES), { maxLength: 3 })),
      mode: optional(fc.constantFrom('block' as const, 'report' as const)),
    }),
  ),
  attention: optional(fc.record({ cooldown: optional(count), mentionsBypassCooldown: optional(fc.boolean()) })),
};

const to = fc.record(constraints, { requiredKeys: [] }).filter((value) => {
  return policyLayer.safeParse(clean({ enforcement: [{ ...trigger, action: 'restrict', to: value }] })).success;
});
const trigger = { severity: 'low', count: 1, within: 1000 } as const;

const triggers = {
  severity: fc.constantFrom(...severity.options),
  count: fc.integer({ min: 1, max: 5 }),
  within: fc.constantFrom(1000, 600_000),
};
const rule = fc.oneof(
  fc.record({ ...triggers, action: fc.constantFrom('record' as const, 'warn' as const, 'terminate' as const) }),
  fc.record({ ...triggers, action: fc.constant('restrict' as const), to }),
  fc.record({ ...triggers, action: fc.constant('quarantine' as const), for: fc.constantFrom(60_000, 900_000) }),
);

/** Any layer: every field there or not, lists with doubles, empty parts, allow lists in both ways of writing. */
export const anyLayer: fc.Arbitrary<PolicyLayer> = fc
  .record({ ...constraints, enforcement: optional(fc.array(rule, { maxLength: 3 })) }, { requiredKeys: [] })
  .map((layer) => parse(layer));

/** As it is read from a file: keys without a value aren't there. */
export function parse(layer: object): PolicyLayer {
  return policyLayer.parse(clean(layer));
}

function clean(value: object): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

export const named = (layers: readonly PolicyLayer[]) => layers.map((layer, i) => ({ name: `layer${i}`, layer }));

export const compose = (...layers: object[]): ConversationPolicy => composePolicy(named(layers.map(parse))).policy;

/** What layers come to, as a layer: without what only the built-in defaults say. */
export function composedLayer(...layers: object[]): PolicyLayer {
  const { policy, provenance } = composePolicy(named(layers.map(parse)));
  const out = structuredClone(policy) as Record<string, Record<string, unknown> | undefined>;
  for (const [path, givers] of Object.entries(provenance)) {
    if (givers.join() !== 'defaults') continue;
    const [head = '', tail] = path.split('.');
    if (tail === undefined) delete out[head];
    else delete out[head]?.[tail];
  }
  return parse(out);
}

/** The same layer with its keys and its lists in another order. */
export function shuffled(value: unknown, turns: fc.Arbitrary<number>): fc.Arbitrary<unknown> {
  return turns.map((turn) => rotate(value, turn));
}

function rotate(value: unknown, turn: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const spin = <T>(items: T[]): T[] => {
    const by = items.length === 0 ? 0 : turn % items.length;
    const turned = [...items.slice(by), ...items.slice(0, by)];
    return turn % 2 === 0 ? turned : turned.reverse();
  };
  if (Array.isArray(value)) return spin(value.map((item) => rotate(item, turn)));
  return Object.fromEntries(spin(Object.entries(value).map(([key, item]) => [key, rotate(item, turn)] as const)));
}
