import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { redactPayload } from '../../spec/redact.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const FAILS = Symbol('a pointer that cannot be applied');

/** What becomes of a value by pointers, one after the other on the parsed value; FAILS when one leads through a scalar. */
function maskedBy(value: Json, pointers: readonly (readonly string[])[]): unknown {
  const places = pointers.map((steps) => placesOf(value, steps, ''));
  if (places.some((place) => place === FAILS)) return FAILS;
  const masked = new Set(places.flat());
  const copy = (node: Json, at: string): unknown => {
    if (masked.has(at)) return maskOf(node);
    if (Array.isArray(node)) return node.map((item, i) => copy(item, `${at}/${i}`));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, copy(child as Json, `${at}/${key}`)]));
  };
  return copy(value, '');
}

function placesOf(node: Json, [step, ...rest]: readonly string[], at: string): string[] | typeof FAILS {
  if (step === undefined) return [at];
  if (node === null) return [];
  const into = (children: readonly (readonly [string, Json | undefined])[]) => {
    const all = children.map(([key, child]) => (child === undefined ? [] : placesOf(child, rest, `${at}/${key}`)));
    return all.some((places) => places === FAILS) ? FAILS : (all.flat() as string[]);
  };
  if (Array.isArray(node)) {
    if (step === '*') return into(node.map((item, i) => [`${i}`, item as Json]));
    return /^\d$/.test(step) ? into([[step, node[Number(step)] as Json | undefined]]) : FAILS;
  }
  if (typeof node !== 'object') return FAILS;
  const members = node as Readonly<Record<string, Json>>;
  return into([[step, Object.hasOwn(members, step) ? members[step] : undefined]]);
}

function maskOf(value: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => maskOf(item as Json));
  if (typeof value === 'object') return value === null ? null : {};
  return typeof value === 'string' ? '[redacted]' : typeof value === 'number' ? 0 : false;
}

const step = fc.constantFrom('a', 'b', '*', '0', '1');
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom('x', 7, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(step, tie('value'), { maxKeys: 3 }),
  ),
}));

describe('many pointers at once', () => {
  it('mask what each would mask alone, and fail when one alone would', () => {
    const outcomes = { failed: 0, masked: 0 };
    fc.assert(
      fc.property(
        // Arrays in arrays, so that indexes and stars meet.
        fc.array(fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxLength: 3 }),
        fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 }),
        fc.nat(8),
        (list, paths, cut) => {
          const payload = { a: list };
          const pointers = paths.map((path) => ['a', ...path]);
          const written = pointers.map((path) => `/${path.join('/')}`);
          const expected = maskedBy(payload, pointers);
          const result = redactPayload(JSON.stringify({ payload }), written.slice(0, cut), written.slice(cut));
          outcomes[expected === FAILS ? 'failed' : 'masked']++;
          expect(result.ok ? JSON.parse(result.text) : FAILS).toEqual(
            expected === FAILS ? FAILS : { payload: expected },
          );
        },
      ),
      { numRuns: 2_000 },
    );
    expect(outcomes.failed).toBeGreaterThan(100);
    expect(outcomes.masked).toBeGreaterThan(100);
  });

  it('mask what stars and indexes say of the same item, however far they go together', () => {
    const text = '{"payload":{"a":[{"b":{"c":"x","d":"y"}},{"b":{"c":"x","d":"y"}}]}}';
    expect(redactPayload(text, ['/a/*/b/c', '/a/0/b/d'])).toEqual({
      ok: true,
      text: '{"payload":{"a":[{"b":{"c":"[redacted]","d":"[redacted]"}},{"b":{"c":"[redacted]","d":"y"}}]}}',
    });
  });

  it('tell of the first of them that cannot be applied, the topic’s before the event’s own', () => {
    const text = '{"payload":{"a":"secret","b":{"c":"secret"}}}';
    const reason = (topic: string[], own: string[]) => redactPayload(text, topic, own);
    expect(reason(['/b/c', '/a/x', '/a/y'], ['/a/x'])).toEqual({
      ok: false,
      reason: 'RedactionFailure: /a/x cannot be applied (blocked)',
    });
    expect(reason(['/b/c'], ['/b/c', '/a/secret'])).toEqual({
      ok: false,
      reason: "RedactionFailure: a pointer in the event's own pii.fields cannot be applied",
    });
  });

  it.each<[string, (i: number) => string]>([
    ['the same', () => '/list/*/text'],
    ['of one item each', (i) => `/list/${99 - i}/text`],
    ['absent', (i) => `/absent${i}`],
    ['of stars and indexes', (i) => `/list/${i % 2 === 0 ? '*' : i}/${i % 3 === 0 ? 'text' : 'more'}`],
  ])('read the text no more often than one does: %s', (_, pointer) => {
    const list = Array.from({ length: 100 }, () => ({ text: '""'.repeat(20), more: { words: ['"'] } }));
    const text = JSON.stringify({ payload: { list } });
    const readsBy = (count: number) => {
      const looks = vi.spyOn(String.prototype, 'charCodeAt');
      const finds = vi.spyOn(String.prototype, 'indexOf');
      try {
        expect(
          redactPayload(
            text,
            Array.from({ length: count }, (__, i) => pointer(i)),
          ).ok,
        ).toBe(true);
        return looks.mock.calls.length + finds.mock.calls.length;
      } finally {
        looks.mockRestore();
        finds.mockRestore();
      }
    };
    const one = readsBy(1);
    expect(one).toBeGreaterThan(1_000);
    expect(readsBy(64)).toBeLessThan(1.5 * one);
  });
});
