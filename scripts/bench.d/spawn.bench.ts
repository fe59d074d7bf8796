import { bucketOf, meanOf } from './metrics.ts';
import { bareNode } from './spawn-bare.ts';
import { MEMORY_HEADER, memoryRow, peerMemory, roomdMemory } from './spawn-memory.ts';
import { Peer } from './spawn-peer.ts';
import { Spawner } from './spawn-roomd.ts';
import { median, percentile, printMachine, printTable, spread } from './table.ts';

const ROUNDS = 5;
/** Samples a round. */
const OWN = 20;
const PEER = { cold: 2, warm: 10 };
/** Processes that wait, here and there. */
const IDLE = 10;
const ROOMS = [50, 200];
const HISTOGRAM = 'roomd_spawn_to_first_event_seconds';

/** By name, a list of samples a round, in milliseconds. */
const measured = new Map<string, number[][]>();
function add(name: string, round: number, ms: number): void {
  const rounds = measured.get(name) ?? [];
  measured.set(name, rounds);
  rounds[round] = [...(rounds[round] ?? []), ms];
}

const cold = await Spawner.start(0);
const warm = await Spawner.start(IDLE);
const peer = Peer.start();
if (peer === undefined) console.error('roomd: @livekit/agents is not installed: measured without it');

// The first of everything is slower, and nobody's figure.
await bareNode();
for (const spawner of [cold, warm]) for (let i = 0; i < 3; i++) await spawner.sample();
const filled = await peer?.order('fill', { count: IDLE });
await peer?.order('warm', {});
const before = { cold: await cold.readings(), warm: await warm.readings() };

for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < OWN; i++) {
    add('bare', round, await bareNode());
    const coldTimes = await cold.sample();
    add('cold', round, coldTimes.first);
    add('cold started', round, coldTimes.started);
    const warmTimes = await warm.sample();
    add('warm', round, warmTimes.first);
    add('warm started', round, warmTimes.started);
    if (peer === undefined) continue;
    if (i < PEER.cold) {
      add('peer cold', round, await peer.order('cold', { agent: 'empty' }));
      add('peer documented', round, await peer.order('cold', { agent: 'documented' }));
    }
    if (i < PEER.warm) add('peer warm', round, await peer.order('warm', {}));
  }
}

printMachine(`spawn: ${ROUNDS} rounds, all in turn; p50 of the rounds: median (min … max); p95 of all samples`);
const rounds = (name: string) => (measured.get(name) ?? []).map(median);
const row = (name: string, title: string) => {
  const all = (measured.get(name) ?? []).flat();
  const ratios = rounds(name).map((ms, round) => ms / (rounds('bare')[round] ?? Number.NaN));
  return [title, spread(rounds(name)), percentile(all, 0.95).toFixed(1), String(all.length), median(ratios).toFixed(2)];
};
const peerRows = [
  row('peer cold', '@livekit/agents cold: launchJob to entry'),
  row('peer documented', '… of an agent that imports the package'),
  row('peer warm', `@livekit/agents warm, ${IDLE} idle: launchJob to entry`),
];
printTable(
  ['what, in ms', 'p50', 'p95', 'samples', '÷ bare'],
  [
    row('bare', 'bare node -e: spawn to first line'),
    row('cold', 'roomd cold: HTTP request to first envelope off the log'),
    row('cold started', '… to session started'),
    row('warm', `roomd warm, ${IDLE} waiting: HTTP request to first envelope off the log`),
    row('warm started', '… to session started'),
    ...(peer === undefined ? [] : peerRows),
  ],
);
console.log('targets: cold ≤ 2 × bare; warm p50 ≤ 3 ms, p95 ≤ 6 ms');
for (const [name, spawner] of Object.entries({ cold, warm })) {
  const after = await spawner.readings();
  const since = before[name as keyof typeof before];
  const [p50, p95] = [0.5, 0.95].map((p) => bucketOf(HISTOGRAM, p, since, after));
  const mean = meanOf(HISTOGRAM, since, after).toFixed(1);
  console.log(`${HISTOGRAM}, ${name}, in ms: mean ${mean}, p50 ${p50}, p95 ${p95}`);
}
console.log(`rooms of the warm one: ${JSON.stringify((await warm.assignments()) ?? 'no pool')}`);
if (filled !== undefined) console.log(`@livekit/agents: ${IDLE} idle ready after ${(filled / 1_000).toFixed(1)} s`);
await Promise.all([cold.stop(), warm.stop(), peer?.stop()]);

const rows: string[][] = [];
let each = 100;
for (const count of ROOMS) {
  const own = await roomdMemory(count);
  rows.push(memoryRow('roomd, idle rooms', own.memory));
  console.log(`event-loop delay of roomd with ${count} rooms: ${own.delay ?? 'unknown'}`);
  const other = await peerMemory(count, each * 1.2);
  if (other === undefined) continue;
  each = median(other.each);
  rows.push(memoryRow('@livekit/agents, idle', other));
}
printTable(MEMORY_HEADER, rows);
console.log('target: PSS ≤ 15 MiB a room with 50 rooms');
