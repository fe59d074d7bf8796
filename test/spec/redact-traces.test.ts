import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactEnvelope, redactPayload } from '../../spec/redact.ts';
import { tracesIn } from '../helpers/traces.ts';
import { redactionCases } from './redact-cases.ts';

const before = '{"id":"1", "n":12345678901234567890,\t"payload" : ';
const after = '\n,"meta":{"seq":1.0e0}}';

describe('redaction', () => {
  it('leaves no trace of a masked value in the bytes, and every other byte as it was', () => {
    fc.assert(
      fc.property(redactionCases, fc.nat(), ({ text, masked, pointers, secrets }, cut) => {
        const place = cut % (pointers.length + 1);
        const result = redactPayload(before + text + after, pointers.slice(0, place), pointers.slice(place));
        expect(result).toEqual({ ok: true, text: before + masked + after });
        if (result.ok) expect(tracesIn(result.text, secrets)).toEqual([]);
        JSON.parse(result.ok ? result.text : '');
      }),
      { numRuns: 500 },
    );
  });

  it('in any order, and with pointers into what is masked already', () => {
    fc.assert(
      fc.property(redactionCases, fc.infiniteStream(fc.nat()), ({ text, masked, pointers, secrets }, dice) => {
        const more = pointers.map((pointer) => `${pointer}/absent/0`);
        const shuffled = [...pointers, ...pointers]
          .map((pointer) => ({ pointer, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ pointer }) => pointer);
        expect(redactPayload(before + text + after, shuffled)).toMatchObject({ text: before + masked + after });
        // Leads through what has no members, maybe: then nothing is shown at all.
        const result = redactPayload(before + text + after, [...shuffled, ...more]);
        if (result.ok) expect(result.text).toBe(before + masked + after);
        else expect(tracesIn(result.reason, secrets)).toEqual([]);
      }),
    );
  });

  it('by what the event names itself, as a reader sees it', () => {
    fc.assert(
      fc.property(redactionCases, fc.constantFrom(0, 1, 2), ({ text, masked, pointers, secrets }, level) => {
        const own = `,"pii":${JSON.stringify({ level, fields: pointers })}`;
        const result = redactEnvelope('assistant.tool.invoked', before + text + own + after);
        expect(result).toEqual({ ok: true, text: before + masked + own + after });
        if (result.ok) expect(tracesIn(result.text, secrets)).toEqual([]);
      }),
    );
  });

  it('finds what it looks for', () => {
    const secret = 'Qzx0a1 é"\\/';
    const json = JSON.stringify(secret).slice(1, -1);
    const spelled = [
      secret,
      json,
      `{"a":${JSON.stringify(`{"b":"${json}"}`)}}`,
      [...secret].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
      `\\u0051${json.slice(1)}`,
      Buffer.from(secret).toString('hex'),
      encodeURIComponent(secret),
      ...['', 'x', 'xy'].map((prefix) => Buffer.from(`${prefix}${secret}more`).toString('base64')),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const text of spelled) expect(tracesIn(`before ${text} after`, [secret]), text).not.toEqual([]);
    expect(tracesIn(Buffer.from(secret, 'utf16le'), [secret])).not.toEqual([]);
    expect(tracesIn('nothing of the kind', [secret])).toEqual([]);
  });
});
