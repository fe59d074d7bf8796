import type { ConversationPolicy, EnforcementRule, Rate } from '../../spec/policy.ts';
import { count, humanDuration } from './words.ts';

/** A field of a policy for people. */
export interface PolicyField {
  /** Such as `turns.maxChars`. */
  readonly path: string;
  /** One line an item. */
  readonly lines: readonly string[];
  /** The layers that gave it. */
  readonly layers: readonly string[];
}

/** The fields of a policy that a layer speaks of. */
export function policyFields(policy: ConversationPolicy, provenance: Record<string, readonly string[]>): PolicyField[] {
  return Object.entries(provenance).map(([path, layers]) => {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], policy);
    return { path, layers, lines: (Array.isArray(value) ? value : [value]).map((item) => words(path, item)) };
  });
}

function words(path: string, value: unknown): string {
  if (path === 'enforcement') return ruleWords(value as EnforcementRule);
  if (path === 'rates') return rateWords(value as Rate);
  if (path === 'attention.cooldown') return humanDuration(value as number);
  if (path === 'tools.allow') return (value as string[]).join(', ') || 'none';
  if (typeof value === 'number') return count(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function ruleWords(rule: EnforcementRule): string {
  const trigger = `${rule.count} × ${rule.severity} within ${humanDuration(rule.within)} → ${rule.action}`;
  if (rule.action === 'quarantine') return `${trigger} for ${humanDuration(rule.for)}`;
  return rule.action === 'restrict' ? `${trigger} to ${JSON.stringify(rule.to)}` : trigger;
}

function rateWords({ id, topic, limit, per }: Rate): string {
  return `${id}: ${limit} × ${topic} in ${humanDuration(per)}`;
}
