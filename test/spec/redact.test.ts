import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadProblem } from '../../spec/envelope.ts';
import type { TopicId } from '../../spec/generated/topics.ts';
import { MASK, redactEnvelope, redactPayload } from '../../spec/redact.ts';

const folder = new URL('../../spec/topics/', import.meta.url);
const descriptors = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Descriptor,
);

interface Descriptor {
  id: TopicId;
  redact: string[];
  examples: Record<string, unknown>[];
}

function masked(text: string, ...pointers: string[]): string {
  const result = redactPayload(text, pointers);
  if (!result.ok) throw new Error(result.reason);
  return result.text;
}

describe('redacting an envelope', () => {
  it('leaves the very text where the topic has nothing to mask', () => {
    const text = '{"topic":"room.dominance.score",  "payload":{"n":12345678901234567890}}';
    expect(redactEnvelope('room.dominance.score', text)).toEqual({ ok: true, text });
  });

  it('masks what the registry names and keeps every other byte', () => {
    const text = '{"id":"x", "payload":{"text" : "a \\"secret\\" }", "at":9007199254740993 ,"n":1e2},"meta":{"seq":1}}';
    expect(redactEnvelope('room.transcript.received', text)).toEqual({
      ok: true,
      text: '{"id":"x", "payload":{"text" : "[redacted]", "at":9007199254740993 ,"n":1e2},"meta":{"seq":1}}',
    });
  });

  it('refuses a topic it does not know', () => {
    const result = redactEnvelope('no.such.topic', '{"payload":{"text":"secret"}}');
    expect(result).toEqual({ ok: false, reason: 'RedactionFailure: expected a topic of the spec' });
  });

  it.each(descriptors.filter(({ redact }) => redact.length > 0))('keeps $id within its schema', (descriptor) => {
    for (const payload of descriptor.examples) {
      const result = redactEnvelope(descriptor.id, JSON.stringify({ payload }));
      if (!result.ok) throw new Error(result.reason);
      expect(result.text).toContain(MASK);
      const { payload: after } = JSON.parse(result.text) as { payload: unknown };
      expect(payloadProblem(descriptor.id, after)).toBeUndefined();
    }
  });
});

describe('what a reader is shown', () => {
  const shown = (topic: string, payload: object, pii?: unknown) => {
    const result = redactEnvelope(topic, JSON.stringify({ payload, ...(pii === undefined ? {} : { pii }) }));
    return result.ok ? (JSON.parse(result.text) as { payload: unknown }).payload : result.reason;
  };
  const joined = { participantId: 'p', name: 'Ada', isBot: false };

  it('is what neither the topic nor the event itself names', () => {
    expect(shown('room.participant.joined', joined)).toEqual(joined);
    expect(shown('room.participant.joined', joined, { level: 1, fields: ['/name', '/absent'] })).toEqual({
      ...joined,
      name: MASK,
    });
    const said = { participantId: 'p', text: 'words' };
    expect(shown('room.message.sent', said, { level: 0, fields: ['/participantId'] })).toEqual({
      participantId: MASK,
      text: MASK,
    });
  });

  it('are no words at all where nobody says where they are', () => {
    const masked = { participantId: MASK, name: MASK, isBot: false };
    for (const fields of [[], ['/absent'], 'all', [1]]) {
      expect(shown('room.participant.joined', joined, { level: 2, fields })).toEqual(masked);
    }
    expect(shown('room.participant.joined', joined, { level: 'high', fields: [] })).toEqual(masked);
    expect(shown('room.participant.joined', joined, { level: 2, fields: ['/name'] })).toEqual({
      ...joined,
      name: MASK,
    });
    const score = { at: 7, participants: [{ participantId: 'p', seconds: 1 }], gini: 0.5 };
    expect(shown('room.dominance.score', score, { level: 2, fields: [] })).toEqual({
      at: 7,
      participants: [{}],
      gini: 0.5,
    });
    // The topic's own pointers are for its own level: they tell nothing of what this one event holds besides.
    const dropped = { topic: 'secret', count: 1, reason: 'full' };
    expect(shown('events.dropped', dropped, { level: 2, fields: [] })).toEqual({ topic: MASK, count: 1, reason: MASK });
    expect(shown('room.message.sent', { participantId: 'p' }, { level: 2, fields: [] })).toEqual({
      participantId: MASK,
    });
  });

  it('are no words at all where their place is empty', () => {
    for (const text of [null, [], [null, [null]], {}]) {
      expect(shown('room.message.sent', { text, participantId: 'p' })).toEqual({
        text,
        participantId: MASK,
      });
    }
    const named = { level: 2, fields: ['/name', '/participantId'] };
    expect(shown('room.participant.joined', { name: null, participantId: null, more: 'x' }, named)).toMatchObject({
      more: MASK,
    });
    for (const text of ['', 0, false, [null, ''], { key: null }]) {
      expect(shown('room.message.sent', { text, participantId: 'p' })).toMatchObject({ participantId: 'p' });
    }
  });

  it("is nothing when the event's own pointers can't be applied, and the reason doesn't quote them", () => {
    for (const field of ['/name/secret', '/~secret', '/isBot/secret']) {
      const reason = "RedactionFailure: a pointer in the event's own pii.fields cannot be applied";
      for (const level of [1, 2]) {
        expect(shown('room.participant.joined', joined, { level, fields: [field] })).toBe(reason);
      }
    }
  });

  it.each([
    'assistant.session.ended',
    'assistant.session.failed',
    'assistant.room.join.failed',
    'events.dropped',
    'events.envelope.rejected',
  ])('holds no free text of %s', (topic) => {
    const free = descriptors.find(({ id }) => id === topic)?.redact ?? [];
    expect(free).toHaveLength(1);
    const name = free[0]?.slice(1) ?? '';
    expect(shown(topic, { [name]: 'Ada said so' })).toEqual({ [name]: MASK });
  });
});

describe('masking by pointer', () => {
  it('masks each type by its like', () => {
    const text = '{"payload":{"s":"x","n":-1.5,"b":true,"z":null,"o":{"k":"x"},"a":["x",{"y":1},[2]]}}';
    expect(masked(text, '/s', '/n', '/b', '/z', '/o', '/a')).toBe(
      '{"payload":{"s":"[redacted]","n":0,"b":false,"z":null,"o":{},"a":["[redacted]",{},[0]]}}',
    );
  });

  it('follows escaped keys, array indexes and nested pointers', () => {
    const text = '{"payload":{"a/b":{"c~d":["k","secret"]},"\\u0074ext":"secret"}}';
    expect(masked(text, '/a~1b/c~0d/1', '/text')).toBe(
      '{"payload":{"a/b":{"c~d":["k","[redacted]"]},"\\u0074ext":"[redacted]"}}',
    );
    expect(masked('{"payload":{"a":{"b":"x"},"c":1}}', '/a/b', '/a')).toBe('{"payload":{"a":{},"c":1}}');
  });

  it('takes a star for every item of an array, and for a key of an object', () => {
    const text = '{"payload":{"a":[{"b":"x","c":1},{"c":2},{"b":["y"]}, null],"*":{"*":"z"},"o":{"b":"kept"}}}';
    expect(masked(text, '/a/*/b', '/*/*', '/o/*')).toBe(
      '{"payload":{"a":[{"b":"[redacted]","c":1},{"c":2},{"b":["[redacted]"]}, null],"*":{"*":"[redacted]"},"o":{"b":"kept"}}}',
    );
    expect(masked('{"payload":{"a":[["x","y"],[],["z"]]}}', '/a/*/0')).toBe(
      '{"payload":{"a":[["[redacted]","y"],[],["[redacted]"]]}}',
    );
    expect(masked('{"payload":{"a":[1,[2]]}}', '/a/*')).toBe('{"payload":{"a":[0,[0]]}}');
  });

  it('resolves escapes in their order, and knows empty keys and the whole', () => {
    expect(masked('{"payload":{"~1":"x","/":"kept","":{"":"y"}}}', '/~01', '//')).toBe(
      '{"payload":{"~1":"[redacted]","/":"kept","":{"":"[redacted]"}}}',
    );
    expect(masked('{"payload":{"a":"x"} }', '')).toBe('{"payload":{} }');
  });

  it('finds nothing to mask in null', () => {
    const text = '{"payload":{"a":null}}';
    expect(masked(text, '/a/b/c')).toBe(text);
  });

  it('has nothing to do for an absent member', () => {
    const text = '{"text":"outside","payload":{"other":"x","list":[]}}';
    expect(masked(text, '/text', '/list/0', '/list/7')).toBe(text);
  });

  it.each([
    ['a pointer through a string', '{"payload":{"a":"secret"}}', '/a/b'],
    ['a key of an array', '{"payload":{"a":["secret"]}}', '/a/b'],
    ['a key given twice', '{"payload":{"a":"secret","a":"x"}}', '/a'],
    ['two payloads', '{"payload":{"a":"secret"},"payload":{}}', '/a'],
    ['no payload', '{"a":"secret"}', '/a'],
    ['a payload that is no object', '{"payload":"secret"}', '/a'],
    ['no object', '["secret"]', '/a'],
    ['an escape that there is none of', '{"payload":{"a~2":"secret"}}', '/a~2'],
    ['what is no pointer', '{"payload":{"a":"secret"}}', 'a'],
    ['an index with a zero in front', '{"payload":{"a":["secret"]}}', '/a/00'],
    ['the place behind the last item', '{"payload":{"a":["secret"]}}', '/a/-'],
    ['an item that has no members', '{"payload":{"a":[{"b":"x"},"secret"]}}', '/a/*/b'],
    ['a key given twice in an item', '{"payload":{"a":[{"b":"secret","b":"x"}]}}', '/a/*/b'],
    ['half an envelope', '{"payload":{"a":"secret', '/a'],
  ])('fails on %s, without the text', (_, text, pointer) => {
    const result = redactPayload(text, [pointer]);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('agrees with parsing, for any payload and however it is spaced', () => {
    const key = fc.constantFrom('a', 'b', 'c"', 'd\\', 'e/~');
    const payload = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(payload, key, fc.constantFrom('', ' ', '\t\n'), (value, wanted, space) => {
        const text = JSON.stringify({ before: '{"payload":1}', payload: value, after: ['payload'] }, undefined, space);
        const pointer = `/${wanted.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const result = JSON.parse(masked(text, pointer)) as { payload: Record<string, unknown> };
        const { [wanted]: hidden, ...rest } = result.payload;
        const { [wanted]: original, ...others } = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
        expect(rest).toEqual(others);
        if (typeof original === 'string') expect(hidden).toBe(MASK);
        expect(hidden === undefined).toBe(original === undefined);
      }),
    );
  });
});
