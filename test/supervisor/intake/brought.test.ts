import { expect, it } from 'vitest';
import type { Parsed } from '../../../spec/envelope.ts';
import { parseEnvelope } from '../../../spec/envelope.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { isBrought, isOfLocalRoom } from '../../../supervisor/base/stamp.ts';
import { Intake } from '../../../supervisor/intake/intake.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { openLog, quietTelemetry } from '../http/rig.ts';

function setUp(local?: true) {
  const log = openLog();
  const listener = { onEnvelope() {}, onPressure() {}, onCommitted() {} };
  const deps = { log, clock: new FakeClock(), telemetry: quietTelemetry() };
  const intake = new Intake(deps, { roomId: 'blue', runId: 'run', attempt: 1, local }, listener);
  const all = async () => (await log.read({ after: 0, limit: 1_000 })).records;
  return { log, intake, all };
}

const LARGE = '{"participantId":"ada","at":9007199254740993000}';

function event(more: object = {}, payload = LARGE): Parsed {
  const frame = { id: newId(), ts: 1, topic: 'room.typing.started', specVersion, runtime: 'browser', ...more };
  const parsed = parseEnvelope(JSON.stringify({ ...frame, payload: 0 }).replace('"payload":0', `"payload":${payload}`));
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed;
}

it('what is brought is stamped as the run’s, with who brought it, and keeps its own text', async () => {
  const { intake, all } = setUp();
  const claims = { roomId: 'red', tenantId: 'rich', meta: { runId: 'other', by: 'gateway', seq: 99 } };
  expect(await intake.bring(event(claims), 'http:partner')).toBe(1);
  const [record] = await all();
  expect(JSON.parse(record?.json ?? '')).toMatchObject({
    roomId: 'blue',
    runtime: 'browser',
    meta: { attempt: 1, runId: 'run', seq: 1, by: 'http:partner' },
  });
  expect(record?.json).toContain(`"payload":${LARGE}`);
  expect(record && isBrought(record)).toBe(true);
});

it('nobody else passes for having been brought in, whatever an event says of itself', async () => {
  const { intake, all } = setUp();
  const envelope = event({ meta: { by: 'gateway' } }).envelope;
  intake.line(JSON.stringify(envelope));
  await intake.publish('supervisor.bot.held_back', { count: 1, heldMs: 1 });
  expect((await all()).map(isBrought)).toEqual([false, false]);
  expect((await all())[0]?.json).not.toContain('gateway');
});

it('what follows is in the same commit; an id that has come, from whomever, comes once', async () => {
  const { intake, log, all } = setUp();
  const commits: number[] = [];
  const { append } = log;
  log.append = (entries, documents) => {
    commits.push(entries.length);
    return append.call(log, entries, documents);
  };
  const first = event();
  expect(await intake.bring(first, 'gateway', [event(), event()])).toBe(3);
  expect(commits).toEqual([3]);
  expect(intake.bring(first, 'gateway')).toBeUndefined();
  intake.line(JSON.stringify({ ...first.envelope, payload: { participantId: 'ada' } }));
  await intake.settled();
  const seqs = (await all()).map(({ json }) => (JSON.parse(json) as { meta: { seq: number } }).meta.seq);
  expect(seqs).toEqual([1, 2, 3, 4]);
  expect((await all()).at(-1)?.topic).toBe('events.envelope.rejected');
});

it('what is of a local room says so in its stamp, whoever told it, and nobody else can', async () => {
  const said = { topic: 'room.message.sent', runtime: 'bot' };
  const payload = '{"messageId":"m","participantId":"bot","text":"\\",\\"local\\":true}}","at":0}';
  for (const local of [true, undefined] as const) {
    const { intake, all } = setUp(local);
    for (const [i, meta] of [{}, { local: true }, { local: true, by: 'gateway' }].entries()) {
      intake.line(JSON.stringify({ ...event({ ...said, meta }, payload.replace('"m"', `"m-${i}"`)).envelope }));
    }
    await intake.bring(event({ meta: { local: true } }), 'gateway');
    await intake.bring(event({ meta: { local: true } }), 'http:gateway');
    const events = (await all()).map(({ json }) => ({ json, meta: JSON.parse(json).meta }));
    const ofRoom = local === true;
    expect(events.map(({ meta }) => meta.local === true)).toEqual(Array(5).fill(ofRoom));
    expect(events.map(isOfLocalRoom)).toEqual([...Array(4).fill(ofRoom), false]);
    expect((await all()).map(isBrought)).toEqual([false, false, false, true, true]);
  }
});

it('a bot tells nobody’s doings in a local room, whether anything is moderated there or not', async () => {
  const { intake, all } = setUp(true);
  intake.line(JSON.stringify(event().envelope));
  await intake.publish('supervisor.bot.held_back', { count: 1, heldMs: 1 });
  intake.finish();
  await intake.settled();
  expect((await all()).map(({ topic }) => topic)).not.toContain('room.typing.started');
});
