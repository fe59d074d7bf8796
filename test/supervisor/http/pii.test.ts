import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Token } from '../../../supervisor/http/caller.ts';
import { tracesIn } from '../../helpers/traces.ts';
import { redactionCases } from '../../spec/redact-cases.ts';
import { entry, type Rig, startServer } from './rig.ts';

const tokens: Token[] = [
  { name: 'reader', scopes: ['rooms:read', 'events:read'] },
  { name: 'admin', scopes: ['admin'] },
  { name: 'owner', scopes: ['rooms:read', 'events:read', 'events:pii'] },
].map((token) => ({ ...token, sha256: hash(token.name) }) as Token);

function hash(name: string): string {
  return createHash('sha256').update(`token-${name}`).digest('hex');
}

/** An event whose publisher names what is personal in it. */
function own(payload: string, level: number, fields: readonly string[], topic = 'room.participant.joined') {
  const made = entry({ topic, payload });
  const end = made.json.lastIndexOf(',"meta":');
  const pii = `,"pii":${JSON.stringify({ level, fields })}`;
  return { ...made, json: made.json.slice(0, end) + pii + made.json.slice(end) };
}

/** Every byte of an answer, from the socket; a stream until `count` positions have come. */
async function rawAnswer({ url }: Rig, path: string, name: string, accept: string, count: number): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const headers = [
    `Host: ${hostname}`,
    `Authorization: Bearer token-${name}`,
    `Accept: ${accept}`,
    'Connection: close',
  ];
  socket.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  const chunks: Buffer[] = [];
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    bytes = Buffer.concat(chunks);
    // Up to the end of the last one's line.
    const isWhole = bytes.toString('latin1').split('"topic":"')[count]?.includes('\n') === true;
    if (accept !== 'application/json' && isWhole) break;
  }
  return bytes;
}

const WAYS = [
  ['a page', 'application/json'],
  ['Server-Sent Events', 'text/event-stream'],
  ['lines', 'application/x-ndjson'],
] as const;

describe('without the scope events:pii', () => {
  it.each(WAYS)('%s hold no trace of what is masked', { timeout: 60_000 }, async (_, accept) => {
    const rig = await startServer({ tokens });
    const cases = fc.sample(redactionCases, 80);
    await rig.log.append(cases.map(({ text, pointers }, i) => own(text, i % 3, pointers)));
    const secrets = new Set(cases.flatMap((each) => each.secrets));
    for (const name of ['reader', 'admin']) {
      const bytes = await rawAnswer(rig, '/v1/events?from=start&limit=1000', name, accept, cases.length);
      expect(bytes.toString('latin1').split('"topic":"').length - 1).toBe(cases.length);
      expect(tracesIn(bytes, secrets)).toEqual([]);
      for (const { masked } of cases) expect(bytes.includes(masked.replaceAll(/[\r\n]/g, ' '))).toBe(true);
    }
    // The search finds them where they are.
    const whole = await rawAnswer(rig, '/v1/events?from=start&limit=1000', 'owner', accept, cases.length);
    const found = tracesIn(whole, secrets);
    for (const { text } of cases) expect(whole.includes(text.replaceAll(/[\r\n]/g, ' '))).toBe(true);
    expect(found.length).toBeGreaterThan(secrets.size / 2);
  });

  it.each(WAYS)('%s hold no words of an event that is marked to have some, whoever marks it', async (_, accept) => {
    const rig = await startServer({ tokens });
    const words = ['Qzx-first-words', 'Qzx-second-words', 'Qzx-third-words', 'Qzx-fourth-words', 'Qzx-fifth-words'];
    await rig.log.append([
      own(`{"participantId":"p","name":"${words[0]}","isBot":false}`, 2, []),
      own(`{"participantId":"p","name":"${words[1]}","isBot":false}`, 2, ['/absent']),
      // Can't be applied: nothing of the payload is shown.
      own(`{"participantId":"p","name":"${words[2]}","isBot":false}`, 1, ['/name/first']),
      entry({ topic: 'no.such.topic', payload: `{"text":"${words[3]}"}` }),
      entry({ topic: 'assistant.session.failed', payload: `{"reason":"${words[4]}","retryable":false}` }),
    ]);
    const bytes = await rawAnswer(rig, '/v1/events?from=start', 'reader', accept, 5);
    expect(tracesIn(bytes, words)).toEqual([]);
    expect(bytes.toString()).toContain('"name":"[redacted]","isBot":false');
    expect(bytes.toString()).toContain('"payload":{}');
  });

  it('a policy shows no phrase, not even one that a restriction would add', async () => {
    const rig = await startServer({ tokens });
    const phrases = ['Qzx-blocked', 'Qzx-added'];
    const rule = { severity: 'low', count: 1, within: 1, action: 'restrict' } as const;
    const policy = (blocked: string, added: string) => ({
      turns: { maxChars: 1 },
      content: { blockedPhrases: [blocked], mode: 'block' as const },
      enforcement: [
        { severity: 'low' as const, count: 1, within: 1, action: 'record' as const },
        { ...rule, to: { turns: { maxChars: 2 } } },
        { ...rule, to: { turns: { maxChars: 3 }, content: { blockedPhrases: [added], mode: 'block' as const } } },
      ],
    });
    const kept = { layers: [], provenance: {}, acknowledged: null, restrictions: [], policyVersion: 'sha256:0' };
    rig.rooms.policy = async () => ({ ...kept, policy: policy('Qzx-blocked', 'Qzx-added') });
    for (const name of ['reader', 'admin', 'owner']) {
      const bytes = await rawAnswer(rig, '/v1/rooms/a/policy', name, 'application/json', 1);
      expect([name, tracesIn(bytes, phrases).length > 0]).toEqual([name, name === 'owner']);
      const expected = name === 'owner' ? policy('Qzx-blocked', 'Qzx-added') : policy('[redacted]', '[redacted]');
      expect(bytes.toString()).toContain(JSON.stringify(expected));
    }
  });

  it('a dead letter shows no more than a page', async () => {
    const rig = await startServer({ tokens });
    const cases = fc.sample(redactionCases, 20);
    for (const [i, { text, pointers, masked, secrets }] of cases.entries()) {
      const { id: eventId, json, topic } = own(text, 1, pointers);
      rig.forwarding.letters.push({
        id: `letter-${i}`,
        eventId,
        topic,
        roomId: 'r',
        reason: 'MalformedDetail',
        at: 1,
        target: 't',
        offset: i,
        ts: 1,
        receivedAt: 1,
        json,
      });
      const bytes = await rawAnswer(rig, `/v1/dead-letters/letter-${i}`, 'reader', 'application/json', 1);
      expect(tracesIn(bytes, secrets)).toEqual([]);
      expect(bytes.includes(masked.replaceAll(/[\r\n]/g, ' '))).toBe(true);
    }
  });
});
