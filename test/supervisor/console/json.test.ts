import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indentJson } from '../../../supervisor/console/parts/json.ts';
import { parser } from '../../../supervisor/console/worker/decoder.ts';

const textOf = (json: string, limit = Number.POSITIVE_INFINITY) =>
  indentJson(json, limit)
    .map(({ text }) => text)
    .join('');

describe('JSON to be read', () => {
  it('is indented as JSON.stringify does it, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const json = JSON.stringify(value);
        expect(textOf(json)).toBe(JSON.stringify(JSON.parse(json), null, 2));
        expect(textOf(JSON.stringify(value, null, 1))).toBe(textOf(json));
      }),
    );
  });

  it('keeps numbers as they were written, and ends in time', () => {
    expect(textOf('{"a":12345678901234567890,"b":1.50}')).toBe('{\n  "a": 12345678901234567890,\n  "b": 1.50\n}');
    expect(textOf(JSON.stringify(Array(1_000).fill('x')), 100).length).toBeLessThan(120);
    const kinds = indentJson('{"a":["b",-1,true]}', 100).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'punctuation')).toEqual(['key', 'string', 'number', 'word']);
  });
});

describe('packets of Socket.IO', () => {
  const decoded = (packet: string) => {
    const decoder = new parser.Decoder();
    const found: unknown[] = [];
    decoder.on('decoded', (one) => found.push(one.data));
    decoder.add(packet);
    return found;
  };

  it('are parsed, but for envelopes, which stay text', () => {
    const json = '{"id":"1","payload":{"at":12345678901234567890,"text":"}]\\"]"}}';
    expect(decoded(`2["envelope",{"position":"abc.7","envelope":${json}}]`)).toEqual([
      ['envelope', { position: 'abc.7', json }],
    ]);
    expect(decoded('2["hello",{"epoch":"abc"}]')).toEqual([['hello', { epoch: 'abc' }]]);
    expect(decoded('31[{"ok":true}]')).toEqual([[{ ok: true }]]);
  });
});
