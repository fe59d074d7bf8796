import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configure, Supervisor } from '../soak.d/supervisor.ts';
import {
  entriesOf,
  forwarderRound,
  fullLog,
  GO,
  naiveRound,
  type Sample,
  untilQuiet,
  wholeRound,
} from './forward-rounds.ts';
import { startStandIn } from './forward-target.ts';
import { root } from './serve.ts';
import { percentile, printMachine, printTable, spread, thousands } from './table.ts';

const EVENTS = 50_000;
const ROOMS = 20;
/** A bot's pipe is read by 64 KiB: so many events of a room stand together in the log. */
const BURST = 100;
const ROUNDS = 5;
const PACED = { perSecond: 1_000, count: 5_000 };
const HIGH = 'conversation.policy.violation';

process.env.AWS_ACCESS_KEY_ID = 'test';
process.env.AWS_SECRET_ACCESS_KEY = 'test';
const folder = mkdtempSync(join(tmpdir(), 'roomd-bench-'));
const standIn = await startStandIn();
const bot = (file: string) => ({ command: [process.execPath, join(root, 'scripts/bench.d', file)] });
configure(folder, standIn.endpoint, {
  bots: { feeder: bot('forward-feeder.mjs'), pacer: bot('forward-pacer.ts') },
  rooms: { heartbeatTimeout: '1h' },
});
const supervisor = new Supervisor(folder);
await supervisor.serving;

const inTurn = await fullLog(folder, EVENTS, ROOMS, 1);
const inBursts = await fullLog(folder, EVENTS, ROOMS, BURST);
const entries = await entriesOf(inTurn);
const samples = new Map<string, Sample[]>();
const NAIVE = 'a loop of PutEventsCommand';
for (let round = 0; round <= ROUNDS; round++) {
  const rooms = Array.from({ length: ROOMS }, (_, i) => `feed-${round}-${i}`);
  const measures: [string, () => Promise<Sample>][] = [
    [NAIVE, () => naiveRound(standIn, entries)],
    ['forwarder, full log, rooms in turn', () => forwarderRound(standIn, inTurn, `bus-${round}`)],
    [`forwarder, full log, rooms by ${BURST}`, () => forwarderRound(standIn, inBursts, `bus-${round}`)],
    [`${ROOMS} bots → log → forwarder`, () => wholeRound(standIn, supervisor, rooms, EVENTS)],
  ];
  for (const [name, measure] of measures) {
    const sample = await measure();
    // The first round warms the compiler up.
    if (round > 0) samples.set(name, [...(samples.get(name) ?? []), sample]);
  }
}
await inTurn.close();
await inBursts.close();

const base = samples.get(NAIVE) ?? [];
const rows = [...samples].map(([name, list]) => [
  name,
  spread(
    list.map(({ perSecond }) => perSecond),
    0,
  ),
  spread(
    list.map(({ cpuMsARequest }) => cpuMsARequest),
    2,
  ),
  spread(
    list.map(({ perSecond }, i) => perSecond / (base[i]?.perSecond ?? Number.NaN)),
    2,
  ),
]);
printMachine(
  `forward: ${thousands(EVENTS)} events of about 450 bytes, 8 requests at once, a stand-in in a process of its own, ` +
    `${ROUNDS} rounds in turn; median (min … max)`,
);
printTable(['to the last arrival', 'events a second', 'CPU ms a request', 'ratio to the loop'], rows);
console.log('target: forwarder ≥ 0.8 of the loop');

const latencies: string[][] = [];
for (const rooms of [1, ROOMS]) {
  const p50: number[] = [];
  const p99: number[] = [];
  const most: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const ids = Array.from({ length: rooms }, (_, i) => `pace-${rooms}-${round}-${i}`);
    const options = { perSecond: PACED.perSecond / rooms, count: PACED.count / rooms };
    // What the enforcer would say of each would be of high priority too.
    const body = { bot: 'pacer', connector: 'external', options, policy: { enforcement: [] } };
    for (const roomId of ids) await supervisor.post('/v1/rooms', { roomId, ...body });
    await untilQuiet(supervisor);
    const { came } = await standIn.expect(HIGH, PACED.count);
    for (const roomId of ids) await supervisor.post(`/v1/rooms/${roomId}/commands`, GO);
    const { latencies: each } = await came;
    for (const roomId of ids) await supervisor.json(`/v1/rooms/${roomId}`, { method: 'DELETE' });
    await untilQuiet(supervisor);
    if (round === 0) continue;
    p50.push(percentile(each, 0.5));
    p99.push(percentile(each, 0.99));
    most.push(Math.max(...each));
  }
  latencies.push([rooms === 1 ? 'one bot' : `${rooms} bots together`, spread(p50), spread(p99), spread(most)]);
}
printMachine(
  `forward: bot's publish → arrival of an event of high priority, at ${thousands(PACED.perSecond)} a second, ` +
    `${thousands(PACED.count)} events, ${ROUNDS} rounds; median (min … max)`,
);
printTable(['latency in ms', 'p50', 'p99', 'longest'], latencies);
console.log('target: p99 ≤ 20 ms');
await supervisor.end('SIGTERM');
standIn.stop();
rmSync(folder, { recursive: true, force: true });
