import { parseArgs } from 'node:util';
import { bareRound, type Load, roomdRound, type Sample } from './live-round.ts';
import { median, printMachine, printTable, spread, thousands } from './table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    subscribers: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const load: Load = {
  subscribers: Number(values.subscribers),
  perSecond: 1_000,
  seconds: Number(values.seconds),
  warmUpSeconds: 2,
};
const BARE = 'bare Socket.IO broadcast';
const measures: [string, () => Promise<Sample>][] = [
  [BARE, () => bareRound(load)],
  ['SSE', () => roomdRound(load, { kind: 'SSE' })],
  ['NDJSON', () => roomdRound(load, { kind: 'NDJSON' })],
  ['Socket.IO', () => roomdRound(load, { kind: 'Socket.IO' })],
  ['a third of each', () => roomdRound(load, { kind: 'mixed' })],
  ['a third of each, masked', () => roomdRound(load, { kind: 'mixed', masked: true })],
];
const wanted = measures.filter(([name]) => values.only === undefined || name.includes(values.only));

const samples = new Map<string, Sample[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, measure] of wanted) {
    const sample = await measure();
    samples.set(name, [...(samples.get(name) ?? []), sample]);
    console.error(`${name}: p99 ${sample.p99.toFixed(1)} ms, ${sample.server.toFixed(2)} cores`);
  }
}

printMachine(
  `live: ${load.subscribers} subscribers in a process of their own, ${thousands(load.perSecond)} events of about 450 bytes a ` +
    `second for ${load.seconds} s by one bot, a server of its own each round, ${rounds} rounds in turn; median (min … max)`,
);
const base = samples.get(BARE) ?? [];
const rows = [...samples].map(([name, list]) => {
  const of = (pick: (sample: Sample) => number, digits = 1) => spread(list.map(pick), digits);
  const ratios = list.map(({ server }, round) => server / (base[round]?.server ?? Number.NaN));
  return [
    name,
    of(({ p50 }) => p50),
    of(({ p99 }) => p99),
    of(({ most }) => most, 0),
    of(({ server }) => server, 2),
    median(ratios).toFixed(2),
    of(({ rss }) => rss, 0),
    of(({ cores }) => cores, 2),
    list.map(({ lost, doubled }) => lost + doubled).join(' '),
  ];
});
printTable(
  [
    'publication → arrival, ms',
    'p50',
    'p99',
    'longest',
    "server's cores",
    '÷ bare',
    'RSS, MiB',
    "clients' cores",
    'lost or twice',
  ],
  rows,
);
console.log('targets: SSE p99 ≤ 50 ms, nothing lost, RSS ≤ 300 MiB');
