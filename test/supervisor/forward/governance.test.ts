import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeEnvelope } from '../../../spec/envelope.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import type { TopicInfo } from '../../../spec/topic.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { openDryRun } from '../../../supervisor/forward/dry-run.ts';
import { createForwarder, type ForwarderOptions } from '../../../supervisor/forward/forwarder.ts';
import { isSampled } from '../../../supervisor/forward/sample.ts';
import { versionOf } from '../../../supervisor/forward/spec-match.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { tracesIn } from '../../helpers/traces.ts';
import { redactionCases } from '../../spec/redact-cases.ts';
import { dryRunLines } from './dry-run-lines.ts';
import { balanced, newLog, passing, temporaryFolder } from './rig.ts';

const OTHER = `sha256:${'0'.repeat(64)}`;

function info(change: Omit<Partial<TopicInfo>, 'forwarding'> & { forwarding?: Partial<TopicInfo['forwarding']> } = {}) {
  const forwarding = { mode: 'forward', priority: 'normal', sampleRate: 1, ...change.forwarding } as const;
  return { version: 1, class: 'authoritative', piiLevel: 0, redact: [], ...change, forwarding } as TopicInfo;
}

const TOPICS: Readonly<Record<string, TopicInfo>> = {
  'a.plain': info({ piiLevel: 1 }),
  'a.urgent': info({ forwarding: { priority: 'high' } }),
  'a.local': info({ forwarding: { mode: 'local', priority: 'high' } }),
  'a.sampled': info({ forwarding: { sampleRate: 0.5 } }),
  'a.never': info({ forwarding: { sampleRate: 0 } }),
  'a.words': info({ piiLevel: 2, redact: ['/text'] }),
  'a.masked': info({ piiLevel: 1, redact: ['/text', '/people/*/name'] }),
};

let made = 0;

/** As the supervisor writes it into its log. */
function event(topic: string, payload = '{}', change: { pii?: unknown; specVersion?: string; json?: string } = {}) {
  const number = ++made;
  const id = `01930b7c-1f2a-7c3d-9e4f-${number.toString(16).padStart(12, '0')}`;
  const roomId = `room-${number}`;
  const envelope = { id, ts: 5, topic, specVersion, runtime: 'bot', ...change } as unknown;
  const json = writeEnvelope(envelope as Parameters<typeof writeEnvelope>[0], payload, {
    context: { roomId },
    meta: '{"seq":1}',
  });
  return { roomId, topic, id, ts: 5, receivedAt: 1_700_000_000_000, json };
}

/** The whole way of these events, from the log into the file of a dry run. */
async function forward(events: ReturnType<typeof event>[], options: Partial<ForwarderOptions> = {}, bus = 'b') {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const telemetry = createTelemetry(pino({ level: 'silent' }), metrics, clock);
  const file = join(await temporaryFolder(), 'dry-run.jsonl');
  const target = await openDryRun({ file, bus, clock });
  onTestFinished(() => target.close());
  const log = options.log ?? newLog();
  if (events.length > 0) await log.append(events);
  const forwarder = createForwarder({
    log,
    target,
    clock,
    telemetry,
    random: () => 0.5,
    publish: () => {},
    startFrom: 'start',
    topic: (topic) => TOPICS[topic],
    piiCeiling: 1,
    config: { source: 'roomd', bus: 'b' },
    ...options,
  });
  onTestFinished(() => forwarder.stop(0));
  await forwarder.start();
  await passing(clock, () => forwarder.accounting().pending === 0);
  expect(balanced(forwarder)).toBe(true);
  const lines = await dryRunLines(file);
  return {
    forwarder,
    clock,
    log,
    bytes: await readFile(file),
    books: forwarder.accounting(),
    sent: lines.flatMap(({ input }) => input.Entries),
    skipped: async (reason: string) =>
      (await metrics.notForwarded.get()).values.find(({ labels }) => labels.reason === reason)?.value ?? 0,
  };
}

describe('what leaves for the target', () => {
  it('is what each topic allows, and the books name every other event', async () => {
    const events = [
      ...Array.from({ length: 30 }, () => event('a.plain')),
      event('a.local', '{"text":"Secret-local"}'),
      event('a.unknown', '{"text":"Secret-unknown"}'),
      event('a.words', '{"text":"Secret-words"}'),
      event('a.plain', '{"text":"Secret-own"}', { pii: { level: 2, fields: ['/text'] } }),
      ...Array.from({ length: 5 }, () => event('a.never', '{"text":"Secret-never"}')),
      event('a.masked', '{"text":"Secret-masked","people":[{"name":"Secret-name"},{}],"n":1}'),
      event('a.plain', '{"text":"Secret-field","n":2}', { pii: { level: 1, fields: ['/text'] } }),
      event('a.plain', '{"text":"Secret-poison"}', { pii: { level: 1, fields: ['/text/Secret-pointer'] } }),
      event('a.urgent'),
    ];
    const { books, bytes, sent, skipped, forwarder } = await forward(events);
    expect(books).toEqual({
      accepted: events.length,
      pending: 0,
      delivered: 33,
      deadLettered: 1,
      expired: 0,
      local: 2,
      sampledOut: 5,
      pii: 2,
      specMismatch: 0,
    });
    expect([await skipped('local'), await skipped('sampled_out'), await skipped('pii')]).toEqual([2, 5, 2]);
    expect(sent).toHaveLength(33);
    // What is urgent overtakes what waits.
    expect(sent.findIndex(({ DetailType }) => DetailType === 'a.urgent')).toBeLessThan(10);
    expect(bytes.toString()).not.toContain('Secret');
    const payloads = sent.map(({ Detail }) => (JSON.parse(Detail) as { payload: object }).payload);
    expect(payloads).toContainEqual({ text: '[redacted]', people: [{ name: '[redacted]' }, {}], n: 1 });
    expect(payloads).toContainEqual({ text: '[redacted]', n: 2 });
    const { deadLetters } = await forwarder.deadLetters.list('', 10);
    expect(deadLetters.map(({ reason }) => reason)).toEqual([
      "RedactionFailure: a pointer in the event's own pii.fields cannot be applied",
    ]);
  });

  it('has no trace of what is masked in the bytes of the file', async () => {
    const cases = fc.sample(redactionCases, 150);
    const { bytes, books } = await forward(
      cases.map(({ text, pointers }) => event('a.plain', text, { pii: { level: 1, fields: pointers } })),
    );
    expect(books).toMatchObject({ delivered: cases.length });
    // The pointers stand in the envelope, and lead along keys that are no secrets.
    expect(tracesIn(bytes, new Set(cases.flatMap(({ secrets }) => secrets)))).toEqual([]);
    const expected = cases.map(({ masked }) => JSON.stringify(masked).slice(1, -1));
    for (const detail of expected) expect(bytes.includes(detail)).toBe(true);
  });
});

describe('a sample', () => {
  const samples = (count: number, id: (i: number) => string) => Array.from({ length: count }, (_, i) => id(i));
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const kinds: [string, string[]][] = [
    ['of one millisecond, counted at the end', samples(40_000, (i) => `01930b7c-1f2a-7000-8000-${hex(i, 12)}`)],
    ['of one millisecond, counted after it', samples(4_096, (i) => `01930b7c-1f2a-7${hex(i, 3)}-8000-000000000000`)],
    ['of milliseconds that follow each other', samples(40_000, (i) => `01930b7c-${hex(i, 4)}-7000-8000-000000000000`)],
    [
      'of a thousand a millisecond',
      samples(40_000, (i) => `01930b7c-1${hex(i >> 10, 3)}-7${hex(i & 1023, 3)}-9abc-${hex(i * 7919, 12)}`),
    ],
  ];

  it.each(kinds)('of ids %s is as large as its rate, and the same every time', (_, ids) => {
    for (const rate of [0.01, 0.1, 0.25, 0.5, 0.9]) {
      const taken = ids.filter((id) => isSampled(id, rate));
      // Five standard deviations: for these very ids it is so or not, at every run.
      const tolerance = 5 * Math.sqrt((rate * (1 - rate)) / ids.length);
      expect(Math.abs(taken.length / ids.length - rate)).toBeLessThan(tolerance);
      expect(taken).toEqual(ids.filter((id) => isSampled(id, rate)));
    }
  });

  it('of a smaller rate is part of that of a larger one', () => {
    fc.assert(
      fc.property(
        fc.uuid({ version: 7 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (id, a, b) => {
          if (isSampled(id, Math.min(a, b))) expect(isSampled(id, Math.max(a, b))).toBe(true);
          expect([isSampled(id, 0), isSampled(id, 1)]).toEqual([false, true]);
        },
      ),
    );
  });

  it('is known for these ids on every machine', () => {
    const [ids = []] = kinds.map(([, each]) => each.slice(0, 16));
    expect(ids.map((id) => Number(isSampled(id, 0.5))).join('')).toMatchInlineSnapshot(`"1111011110100111"`);
  });

  it('is what arrives: neither more nor less, and the same events for another target', async () => {
    const events = Array.from({ length: 400 }, () => event('a.sampled'));
    const wanted = events.filter(({ id }) => isSampled(id, 0.5)).map(({ id }) => id);
    const { books, sent, log } = await forward(events);
    expect(books).toMatchObject({ delivered: wanted.length, sampledOut: 400 - wanted.length });
    expect(new Set(sent.map(({ Detail }) => (JSON.parse(Detail) as { id: string }).id))).toEqual(new Set(wanted));
    const again = await forward([], { log }, 'another');
    expect(new Set(again.sent.map(({ Detail }) => (JSON.parse(Detail) as { id: string }).id))).toEqual(new Set(wanted));
  });
});

describe('events of another spec', () => {
  const events = () => [event('a.plain'), event('a.plain', '{}', { specVersion: OTHER }), event('a.urgent')];

  it('leave unless told', async () => {
    expect((await forward(events())).books).toMatchObject({ delivered: 3, specMismatch: 0 });
  });

  it('stay here when told, by name', async () => {
    const { books, skipped, sent } = await forward(
      [...events(), event('a.local', '{}', { specVersion: OTHER }), event('a.words', '{}', { specVersion: OTHER })],
      { config: { source: 'roomd', bus: 'b', refuseOnSpecMismatch: true } },
    );
    expect(books).toMatchObject({ accepted: 5, delivered: 2, local: 1, specMismatch: 2, pii: 0 });
    expect(await skipped('spec_mismatch')).toBe(2);
    expect(sent.every(({ Detail }) => Detail.includes(specVersion))).toBe(true);
  });

  it('leave when the supervisor accepts that one too', async () => {
    const { books } = await forward([...events(), event('a.plain', '{}', { specVersion: OTHER.replace('0', '1') })], {
      config: { source: 'roomd', bus: 'b', refuseOnSpecMismatch: true },
      accepts: (version) => version === specVersion || version === OTHER,
    });
    expect(books).toMatchObject({ delivered: 3, specMismatch: 1 });
  });

  it('are known by their frame, however it is written', () => {
    expect(versionOf(event('a.plain', '{"specVersion":"no"}').json)).toBe(specVersion);
    const written = [
      '{"payload":{"specVersion":"no"},"specVersion":"V"}',
      '{ "specVersion" : "\\u0056" , "payload":{}}',
      '{"id":"1","ts":1,"topic":"a.b","specVersion":"V","payload":{"specVersion":"no"}}',
      '{"id":"1","ts":1,"topic":"a.b","\\u0073pecVersion":"V"}',
    ];
    for (const json of written) expect(versionOf(json), json).toBe('V');
    for (const json of ['{}', '{"payload":{"specVersion":"V"}}', '{"specVersion":null}', '[]', 'no json']) {
      expect(versionOf(json)).not.toBe('V');
    }
  });

  it('count as none in the cursor of an older roomd', async () => {
    const { log, forwarder } = await forward(events());
    await forwarder.stop(1_000);
    const [key, saved] = ['cursor/dry-run/b', await log.document('cursor/dry-run/b')];
    const { counts, ...rest } = saved as { counts: Record<string, number> };
    const { specMismatch: _, ...known } = counts;
    await log.append([event('a.plain')], { [key]: { ...rest, counts: known } });
    const { books, sent } = await forward([], { log });
    expect(books).toMatchObject({ accepted: 4, delivered: 4, specMismatch: 0 });
    expect(sent).toHaveLength(1);
  });
});
