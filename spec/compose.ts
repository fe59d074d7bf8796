import type { ConversationPolicy, EnforcementRule, PolicyLayer } from './policy.ts';
import { enforcementAction, severity } from './policy.ts';
import { normalizeLayer, uniqueSorted } from './policy-layer.ts';

export interface NamedLayer {
  /** Where it came from, for people: `defaults`, a file's path, `request`. */
  readonly name: string;
  readonly layer: PolicyLayer;
}

export interface Composition {
  readonly policy: ConversationPolicy;
  /** Path of a field of `policy`, such as `turns.maxChars` → the names of the layers that gave it. */
  readonly provenance: Record<string, string[]>;
}

/** What holds where no layer says anything: violations are recorded, grave ones answered with a warning. */
export const defaultPolicy: ConversationPolicy = {
  content: { mode: 'block' },
  enforcement: [
    { severity: 'high', count: 1, within: 600_000, action: 'warn' },
    { severity: 'low', count: 1, within: 600_000, action: 'record' },
  ],
};

type Combine<T> = (a: T, b: T) => T;

interface Field {
  readonly path: string;
  readonly combine: Combine<unknown>;
}

const field = <T>(path: string, combine: Combine<T>): Field => ({ path, combine: combine as Combine<unknown> });
const min: Combine<number> = (a, b) => Math.min(a, b);
const max: Combine<number> = (a, b) => Math.max(a, b);
const and: Combine<boolean> = (a, b) => a && b;
const block: Combine<string> = (a, b) => (a === 'block' ? a : b);
const union: Combine<unknown[]> = (a, b) => uniqueSorted([...a, ...b]);
const rules: Combine<EnforcementRule[]> = (a, b) => strictestFirst(uniqueSorted([...a, ...b]));

/** How two layers' words on one field become one; no rule can loosen what either says. */
const FIELDS: readonly Field[] = [
  field('tools.allow', union),
  field('tools.deny', union),
  field('turns.maxPerSession', min),
  field('turns.maxPerMinute', min),
  field('turns.maxConsecutive', min),
  field('turns.maxChars', min),
  field('rates', union),
  field('content.blockedPhrases', union),
  field('content.mode', block),
  field('attention.cooldown', max),
  field('attention.mentionsBypassCooldown', and),
  field('enforcement', rules),
];

/**
 * Layers, weakest claim first → one policy, and who gave each field. Pure; associative, commutative, idempotent.
 * `defaultPolicy` fills the fields that no layer speaks of.
 */
export function composePolicy(layers: readonly NamedLayer[]): Composition {
  const policy = {};
  const provenance: Record<string, string[]> = {};
  const said = statements(layers);
  for (const { path, combine } of FIELDS) {
    const sources = said[path] ?? fallback(path);
    const [first, ...rest] = sources;
    if (first === undefined) continue;
    const value = rest.reduce((a, b) => combine(a, b.value), combine(first.value, first.value));
    setPath(policy, path, value);
    const givers = sources.filter((source) => Array.isArray(value) || source.value === value);
    provenance[path] = [...new Set(givers.map(({ name }) => name))];
  }
  return { policy, provenance };
}

/** What a layer says about one field, in the shape of a composed policy. */
export interface Statement {
  readonly name: string;
  readonly value: unknown;
}

/** Path of a field → what each layer that speaks of it says, in the order of the layers. */
export function statements(layers: readonly NamedLayer[]): Record<string, Statement[]> {
  const said: Record<string, Statement[]> = {};
  for (const { name, layer } of layers) {
    const policy = normalizeLayer(layer);
    for (const { path } of FIELDS) {
      const value = getPath(policy, path);
      if (value === undefined) continue;
      said[path] ??= [];
      said[path].push({ name, value });
    }
  }
  return said;
}

function fallback(path: string): Statement[] {
  const value = getPath(defaultPolicy, path);
  return value === undefined ? [] : [{ name: 'defaults', value }];
}

function strictestFirst(list: EnforcementRule[]): EnforcementRule[] {
  const rank = (rule: EnforcementRule) =>
    enforcementAction.options.indexOf(rule.action) * 10 + severity.options.indexOf(rule.severity);
  return list.sort((a, b) => rank(b) - rank(a));
}

function getPath(value: object, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

function setPath(target: Record<string, unknown>, path: string, value: unknown): void {
  const [head, tail] = path.split('.') as [string, string?];
  if (tail === undefined) target[head] = value;
  else target[head] = { ...(target[head] as object | undefined), [tail]: value };
}
