import { describe, expect, it } from 'vitest';
import type { PolicyLayer } from '../../../spec/policy.ts';
import { composeSnapshot } from '../../../supervisor/policy/snapshot.ts';
import { PolicyInForce } from '../../../supervisor/room/enforcement/policy-in-force.ts';

const compose = (layer: PolicyLayer) => composeSnapshot([{ name: 'request', layer }]);
/** So many different phrases of 500 characters. */
const phrases = (count: number) => Array.from({ length: count }, (_, i) => `${i}`.padStart(500, 'a'));

describe('blocked phrases', () => {
  it('may be 500,000 characters in all, and not one more', () => {
    expect(compose({ content: { blockedPhrases: phrases(1_000) } }).policy.content?.blockedPhrases).toHaveLength(1_000);
    const tooMany = () => compose({ content: { blockedPhrases: [...phrases(1_000), 'b'] } });
    expect(tooMany).toThrow('expected at most 500000 characters in all, got 500001');
  });

  it('count as they are looked for', () => {
    // One character stands for eighteen.
    const long = Array.from({ length: 60 }, (_, i) => `${'ﷺ'.repeat(500)}${i}`);
    expect(() => compose({ content: { blockedPhrases: long } })).toThrow(/expected at most 500000 .* got 540110/);
  });

  it('count together with those that a restriction would add', () => {
    const to = { content: { blockedPhrases: phrases(999) } };
    const rule = { severity: 'high', count: 1, within: 1_000, action: 'restrict', to } as const;
    const layer = { content: { blockedPhrases: ['b'.repeat(501)] }, enforcement: [rule] };
    expect(() => compose(layer)).toThrow(/got 500001/);
  });

  it('that are too much leave the policy in force as it was', () => {
    const layer = (content: PolicyLayer['content']) => [{ name: 'request', layer: { content } }];
    const policy = new PolicyInForce(layer({ mode: 'report' }));
    const before = policy.snapshot.policyVersion;
    expect(() => policy.replaceLayers(layer({ blockedPhrases: phrases(1_001) }))).toThrow('at most');
    expect(policy.restrict([])).toBe(false);
    expect(policy.snapshot.policyVersion).toBe(before);
  });
});
