import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { loadSpec } from '../../spec/codegen/load.ts';
import { type Envelope, isTopic, parseEnvelope, payloadProblem, writeEnvelope } from '../../spec/envelope.ts';
import { isFrame } from '../../spec/frame.ts';
import * as validators from '../../spec/generated/validators.js';
import { scanJson } from '../../spec/json-scan.ts';
import { specVersion } from '../../spec/spec-version.ts';

const ID = '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f';
const joined = {
  id: ID,
  ts: 1,
  topic: 'room.participant.joined',
  specVersion,
  runtime: 'bot',
  payload: { participantId: 'ada', isBot: false },
};
const reason = (line: string) => {
  const parsed = parseEnvelope(line);
  return parsed.ok ? 'ok' : parsed.reason;
};

describe('P6 the envelope', () => {
  it('is read with its payload as the publisher wrote it', () => {
    const text = JSON.stringify(joined).replace('{"participantId"', '{ "participantId"');
    expect(parseEnvelope(text)).toEqual({
      ok: true,
      envelope: joined,
      payloadText: '{ "participantId":"ada","isBot":false}',
    });
  });

  it.each([
    ['not_json', '{"a":'],
    ['invalid_envelope', '[]'],
    ['invalid_envelope', 'null'],
    ['invalid_envelope', JSON.stringify({ ...joined, id: 'x' })],
    ['invalid_envelope', JSON.stringify({ ...joined, id: ID.replace('-7', '-4') })],
    ['invalid_envelope', JSON.stringify({ ...joined, extra: 1 })],
    ['invalid_envelope', JSON.stringify({ ...joined, ts: 1.5 })],
    ['invalid_envelope', JSON.stringify({ ...joined, payload: [] })],
    ['unknown_topic', JSON.stringify({ ...joined, topic: 'room.nothing' })],
    ['unknown_topic', JSON.stringify({ ...joined, topic: 'constructor' })],
    ['invalid_payload', JSON.stringify({ ...joined, payload: { participantId: 'ada' } })],
    ['invalid_payload', JSON.stringify({ ...joined, payload: { ...joined.payload, secret: 'x' } })],
    ['duplicate_key', JSON.stringify(joined).replace('"isBot":', '"isBot":true,"isBot":')],
    ['duplicate_key', JSON.stringify(joined).replace('"isBot":', '"is\\u0042ot":true,"isBot":')],
    ['duplicate_key', JSON.stringify(joined).replace('"ts":', '"payload":{},"ts":')],
  ])('is refused as %s: %s', (expected, line) => expect(reason(line)).toBe(expected));

  it('never tells the content in a refusal', () => {
    const parsed = parseEnvelope(JSON.stringify({ ...joined, payload: { participantId: 'ada', isBot: 'hunter2' } }));
    expect(parsed).toMatchObject({ ok: false, detail: 'room.participant.joined: /isBot must be boolean' });
  });

  it('survives writing and reading, whatever the context holds', () => {
    const context = fc.record({ tenantId: fc.string({ maxLength: 128 }), sessionId: fc.string({ maxLength: 128 }) });
    fc.assert(
      fc.property(context, (extra) => {
        const envelope = { ...joined, ...extra } as Envelope;
        const text = writeEnvelope(envelope, JSON.stringify(envelope.payload), { context: {}, meta: '{}' });
        const parsed = parseEnvelope(text);
        expect(parsed).toMatchObject({ ok: true, envelope });
      }),
    );
  });

  it.each(loadSpec().topics)(
    'accepts the examples of $id and refuses the counterexamples',
    ({ id, examples, counterexamples }) => {
      if (!isTopic(id)) throw new Error(`expected ${id} among the generated topics`);
      for (const example of examples) expect(payloadProblem(id, example)).toBeUndefined();
      for (const example of counterexamples) expect(payloadProblem(id, example)).toBeTypeOf('string');
    },
  );
});

describe('isFrame', () => {
  it('agrees with the compiled schema on whatever comes', () => {
    const odd = fc.constantFrom(
      undefined,
      null,
      0,
      -1,
      1.5,
      '',
      'x',
      'bot',
      ID,
      specVersion,
      'a'.repeat(129),
      '🦊'.repeat(100),
      [],
      {},
      { attempt: 0 },
      { attempt: 2 },
      { attempt: 2, seq: 1 },
      { level: 1, fields: [] },
      8.64e15 + 1,
      true,
    );
    const key = fc.constantFrom(
      ...Object.keys(joined),
      'roomId',
      'sessionId',
      'turnId',
      'assistantId',
      'tenantId',
      'pii',
      'meta',
      'other',
      'constructor',
    );
    expect(isFrame(joined)).toBe(true);
    fc.assert(
      fc.property(fc.array(fc.tuple(key, odd), { maxLength: 3 }), (changes) => {
        const value = JSON.parse(JSON.stringify({ ...joined, ...Object.fromEntries(changes) })) as unknown;
        expect(isFrame(value)).toBe(validators.envelope(value));
      }),
      { numRuns: 3_000 },
    );
    for (const value of [null, [], 'x', 1, {}]) expect(isFrame(value)).toBe(false);
  });

  it('decides on each version anew', () => {
    for (const version of [specVersion, 'sha256:x', `sha256:${'0'.repeat(64)}`, specVersion, 'sha256:x']) {
      const value = { ...joined, specVersion: version };
      expect(isFrame(value)).toBe(validators.envelope(value));
    }
  });
});

describe('scanJson', () => {
  it('finds the exact source of a value in any JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), fc.constantFrom('', ' ', '\n\t'), (before, value, space) => {
        const text = `{"a":${before},${space}"payload"${space}:${space}${value}${space}}`;
        const { span, duplicate } = scanJson(text, 'payload');
        expect(duplicate).toBeUndefined();
        expect(text.slice(span?.start, span?.end).trim()).toBe(value.trim());
      }),
    );
  });

  it('finds a key given twice at any depth, and only then', () => {
    const key = fc.string({ maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 6 }), fc.nat(5), fc.nat(4), (keys, twice, depth) => {
        const wrap = (inner: string) =>
          Array.from({ length: depth }).reduce<string>((text, _, i) => (i % 2 ? `[${text}]` : `{"x":${text}}`), inner);
        const members = keys.map((name) => `${JSON.stringify(name)}:"}{\\""`);
        expect(scanJson(wrap(`{${members.join(',')}}`), 'y').duplicate).toBeUndefined();
        const repeated = keys[twice % keys.length] ?? '';
        expect(scanJson(wrap(`{${[...members, `${JSON.stringify(repeated)}:1`].join(',')}}`), 'y').duplicate).toBe(
          repeated,
        );
      }),
    );
  });

  it('finds it among many keys too, in objects beside and in one another', () => {
    const object = (count: number, inner = '0') =>
      `{${Array.from({ length: count }, (_, i) => `"k${String(i).padStart(5, '0')}":${i === count >> 1 ? inner : 1}`).join(',')}}`;
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(), (outer, inner, twice) => {
        const siblings = `[${object(outer + 1, object(inner + 1))},${object(outer + 1)}]`;
        expect(scanJson(`{"x":${siblings}}`, 'y').duplicate).toBeUndefined();
        const name = `k${String(twice % (outer + 1)).padStart(5, '0')}`;
        const last = `${object(outer + 1, object(inner + 1)).slice(0, -1)},"${name}":1}`;
        expect(scanJson(`{"x":[${object(outer + 1)},${last}]}`, 'y').duplicate).toBe(name);
      }),
    );
    const looks = vi.spyOn(String.prototype, 'charCodeAt');
    try {
      expect(scanJson(object(3_000), 'y').duplicate).toBeUndefined();
      // Each with each would be nine million.
      expect(looks.mock.calls.length).toBeLessThan(1_000_000);
    } finally {
      looks.mockRestore();
    }
  });
});
