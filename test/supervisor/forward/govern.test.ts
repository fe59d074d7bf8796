import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registry } from '../../../spec/generated/registry.ts';
import type { TopicInfo } from '../../../spec/topic.ts';
import { createGovern, entryBytes } from '../../../supervisor/forward/govern.ts';
import type { LogRecord } from '../../../supervisor/log/port.ts';

const FORWARD: TopicInfo = {
  version: 1,
  class: 'authoritative',
  piiLevel: 0,
  redact: [],
  forwarding: { mode: 'forward', priority: 'normal', sampleRate: 1 },
};
const BASE = { source: 'roomd', bus: 'default', bytes: 1_000_000 };

function record(over: Partial<LogRecord> = {}): LogRecord {
  return { offset: 1, roomId: 'blue', topic: 'a.b', id: 'id-1', ts: 5, receivedAt: 6, json: '{"payload":{}}', ...over };
}

function governWith(info: Partial<TopicInfo>, over: Partial<typeof BASE & { piiCeiling: number }> = {}) {
  return createGovern({ ...BASE, ...over, topic: () => ({ ...FORWARD, ...info }) });
}

describe('what leaves', () => {
  it('makes an entry with the original text', () => {
    const json = '{"payload":{ "n": 9007199254740993 }}';
    expect(governWith({})(record({ json }))).toEqual({
      kind: 'entry',
      high: false,
      bytes: 14 + 5 + 3 + json.length + 'roomd:room/blue'.length,
      entry: {
        Source: 'roomd',
        DetailType: 'a.b',
        Detail: json,
        Time: new Date(5),
        EventBusName: 'default',
        Resources: ['roomd:room/blue'],
      },
    });
  });

  it('names no room for an event of the supervisor itself', () => {
    const governed = governWith({})(record({ roomId: '' }));
    expect(governed.kind === 'entry' && governed.entry.Resources).toBe(undefined);
  });

  it('masks what must not be seen, and sets aside what cannot be masked', () => {
    const govern = governWith({ redact: ['/text'] });
    const governed = govern(record({ json: '{"payload":{"text":"secret"}}' }));
    expect(governed.kind === 'entry' && governed.entry.Detail).toBe('{"payload":{"text":"[redacted]"}}');
    const poison = govern(record({ json: '{"payload":"secret"}' }));
    expect(poison).toEqual({ kind: 'poison', reason: expect.stringMatching(/^RedactionFailure/) });
    expect(JSON.stringify(poison)).not.toContain('secret');
  });

  it('marks topics of high priority', () => {
    const governed = governWith({ forwarding: { mode: 'forward', priority: 'high', sampleRate: 1 } })(record());
    expect(governed).toMatchObject({ kind: 'entry', high: true });
  });

  it('follows the spec by default', () => {
    const govern = createGovern(BASE);
    expect(govern(record({ topic: 'supervisor.policy.enforced' }))).toMatchObject({ kind: 'entry', high: true });
    expect(govern(record({ topic: 'room.transcript.received' }))).toEqual({ kind: 'skip', reason: 'local' });
    expect(govern(record({ topic: 'no.such.topic' }))).toEqual({ kind: 'skip', reason: 'local' });
    expect(registry['supervisor.bot.exited'].redact).toEqual(['/stderr']);
  });
});

describe('what stays', () => {
  it('does not even parse a local event', () => {
    const govern = governWith({ forwarding: { mode: 'local', priority: 'high', sampleRate: 1 }, redact: ['/text'] });
    expect(govern(record({ json: 'no json' }))).toEqual({ kind: 'skip', reason: 'local' });
  });

  it('keeps what is above the ceiling, by topic or by the event itself', () => {
    expect(governWith({ piiLevel: 2 }, { piiCeiling: 1 })(record())).toEqual({ kind: 'skip', reason: 'pii' });
    expect(governWith({ piiLevel: 2 }, { piiCeiling: 2 })(record())).toMatchObject({ kind: 'entry' });
    const own = (pii: unknown) =>
      governWith({}, { piiCeiling: 1 })(record({ json: JSON.stringify({ payload: {}, pii }) }));
    expect(own({ level: 1, fields: [] })).toMatchObject({ kind: 'entry' });
    expect(own({ level: 2, fields: [] })).toEqual({ kind: 'skip', reason: 'pii' });
    expect(own({ level: 'none' })).toEqual({ kind: 'skip', reason: 'pii' });
  });

  it('keeps the same share of ids every time', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `01930b7c-1f2a-7c3d-9e4f-${i.toString(16).padStart(12, '0')}`);
    const share = (sampleRate: number) => {
      const govern = governWith({ forwarding: { mode: 'forward', priority: 'normal', sampleRate } });
      return ids.filter((id) => govern(record({ id })).kind === 'entry');
    };
    expect(share(0)).toEqual([]);
    expect(share(1)).toHaveLength(ids.length);
    const tenth = share(0.1);
    expect(tenth).toEqual(share(0.1));
    expect(tenth.length / ids.length).toBeCloseTo(0.1, 1);
    const half = new Set(share(0.5));
    expect(tenth.every((id) => half.has(id))).toBe(true);
  });
});

describe('limits', () => {
  const sized = (bytes: number, filler = 'x') => {
    const overhead = 14 + 'roomd'.length + 'a.b'.length + 'roomd:room/blue'.length + '{"payload":{"t":""}}'.length;
    const width = Buffer.byteLength(filler);
    const count = Math.floor((bytes - overhead) / width);
    const rest = 'x'.repeat(bytes - overhead - count * width);
    return record({ json: `{"payload":{"t":"${filler.repeat(count)}${rest}"}}` });
  };

  it.each(['x', 'é', '語', '🙂'])('counts bytes of UTF-8 up to the limit and not one more (%s)', (filler) => {
    const govern = governWith({}, { bytes: 10_000 });
    expect(govern(sized(9_999, filler))).toMatchObject({ kind: 'entry', bytes: 9_999 });
    expect(govern(sized(10_000, filler))).toMatchObject({ kind: 'entry', bytes: 10_000 });
    expect(govern(sized(10_001, filler))).toEqual({
      kind: 'poison',
      reason: 'OversizeEntry: 10001 bytes, expected at most 10000',
    });
  });

  it('counts every part that the service counts', () => {
    expect(entryBytes({ Source: 'é', DetailType: 'b', Detail: '{}', Resources: ['語', 'x'] })).toBe(2 + 1 + 2 + 3 + 1);
    expect(entryBytes({ Time: new Date(0), EventBusName: 'not counted' })).toBe(14);
  });

  it('takes a topic of 128 characters, not of 129', () => {
    expect(governWith({})(record({ topic: 'a'.repeat(128) }))).toMatchObject({ kind: 'entry' });
    expect(governWith({})(record({ topic: 'a'.repeat(129) }))).toMatchObject({ kind: 'poison' });
  });

  it('takes 1,000 levels, not 1,001', () => {
    const nested = (levels: number) => `{"payload":${'['.repeat(levels - 1)}"]]["${']'.repeat(levels - 1)}}`;
    expect(governWith({})(record({ json: nested(1_000) }))).toMatchObject({ kind: 'entry' });
    expect(governWith({})(record({ json: nested(1_001) }))).toMatchObject({ kind: 'poison' });
  });

  it.each([
    ['9223372036854775807', 'entry'],
    ['-9223372036854775808', 'entry'],
    ['9223372036854775808', 'poison'],
    ['-9223372036854775809', 'poison'],
    ['12345678901234567890123', 'poison'],
    ['1.2345678901234567890123', 'entry'],
    ['"12345678901234567890123"', 'entry'],
    ['"\\"12345678901234567890123"', 'entry'],
    ['1e30', 'entry'],
  ])('judges the number %s as %s', (number, kind) => {
    expect(governWith({})(record({ json: `{"payload":{"n":[1,${number}]}}` }))).toMatchObject({ kind });
  });

  it('never lets out an entry above the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 60, max: 300 }), (text, bytes) => {
        const governed = governWith({}, { bytes })(record({ json: JSON.stringify({ payload: { text } }) }));
        if (governed.kind === 'entry') expect(entryBytes(governed.entry)).toBeLessThanOrEqual(bytes);
        else expect(governed.kind).toBe('poison');
      }),
    );
  });
});
