import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BrowserError } from '../../supervisor/browser/api.ts';
import { BarePages } from './daily-bare.ts';
import { DailyRooms } from './daily-rooms.ts';
import { openSurroundings } from './daily-surroundings.ts';
import { median, printMachine, printTable, spread } from './table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, rooms: { type: 'string', default: '1,5,10' } },
});
const rounds = Number(values.rounds);
const counts = values.rooms.split(',').map(Number);
const most = Math.max(...counts);
/** What a page has allocated while it came up is given back by then. */
const SETTLED_MS = 2_000;

/** A way to have so many pages or rooms. */
interface Way {
  /** Another one; milliseconds. */
  add(): Promise<number>;
  /** Of all that is there, in MiB; `bots` where there are any. */
  pss(): Promise<{ readonly host: number; readonly bots?: number }>;
  stop(): Promise<void>;
}

const surroundings = await openSurroundings().catch((error: unknown) => {
  if (!(error instanceof BrowserError)) throw error;
  console.error(`daily: left out: ${error.message}`);
  process.exit(0);
});
const bare = async (share: boolean, joins: boolean): Promise<Way> => {
  const { browser } = surroundings;
  const pages = new BarePages({ browser, share, call: joins ? surroundings : undefined });
  return { add: () => pages.add(), pss: async () => ({ host: pages.pss() }), stop: () => pages.close() };
};
const BASE = { shared: 'bare pages, joined', apart: 'bare pages, joined, a browser each' };
const ways: Record<string, { readonly base: string; open(): Promise<Way> }> = {
  'bare blank pages, one browser': { base: BASE.shared, open: () => bare(true, false) },
  [BASE.shared]: { base: BASE.shared, open: () => bare(true, true) },
  'roomd, one browser': { base: BASE.shared, open: () => DailyRooms.start(surroundings, true) },
  'bare blank pages, a browser each': { base: BASE.apart, open: () => bare(false, false) },
  [BASE.apart]: { base: BASE.apart, open: () => bare(false, true) },
  'roomd, a browser a room': { base: BASE.apart, open: () => DailyRooms.start(surroundings, false) },
};

interface Sample {
  /** Milliseconds to the first one, with its browser, and to each of the others. */
  readonly first: number;
  readonly others: readonly number[];
  /** MiB each, by how many there are. */
  readonly each: ReadonlyMap<number, number>;
  readonly bots: number | undefined;
}

async function measure(way: Way): Promise<Sample> {
  const times: number[] = [];
  const each = new Map<number, number>();
  let bots: number | undefined;
  for (let count = 1; count <= most; count++) {
    times.push(await way.add());
    if (!counts.includes(count)) continue;
    await sleep(SETTLED_MS);
    const pss = await way.pss();
    each.set(count, pss.host / count);
    bots = pss.bots === undefined ? undefined : pss.bots / count;
  }
  const [first = Number.NaN, ...others] = times;
  return { first, others, each, bots };
}

// The first of everything is slower, and nobody's figure.
const first = await bare(true, true);
await first.add();
await first.stop();

const samples = new Map<string, Sample[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, { open }] of Object.entries(ways)) {
    const way = await open();
    const sample = await measure(way).finally(() => way.stop());
    samples.set(name, [...(samples.get(name) ?? []), sample]);
    console.error(
      `${name}: first ${sample.first.toFixed(0)} ms, ${[...sample.each.values()].map(Math.round)} MiB each`,
    );
  }
}
await surroundings.close();

/** A row of what each sample has of something, and how that compares with its base of the same round. */
function row(name: string, pick: (sample: Sample) => number, digits = 0): string[] {
  const own = (samples.get(name) ?? []).map(pick);
  const base = (samples.get(ways[name]?.base ?? '') ?? []).map(pick);
  return [spread(own, digits), median(own.map((value, round) => value / (base[round] ?? Number.NaN))).toFixed(2)];
}
const names = Object.keys(ways);

printMachine(
  `daily: stand-in call machine, no media; Daily's servers played on this machine; ${rounds} rounds, all ways in turn; ` +
    'median (min … max); ÷ bare: pages that join the same by the plain Daily client, with nothing of roomd',
);
printTable(
  ['ms', 'first: the browser starts', '÷ bare', 'another one', '÷ bare'],
  names.map((name) => [name, ...row(name, ({ first }) => first), ...row(name, ({ others }) => median(others))]),
);
console.log(
  'roomd: HTTP request to assistant.room.join.succeeded; joined: until the client says so; blank: page loaded\n',
);
printTable(
  ['PSS in MiB, each', ...counts.flatMap((count) => [`of ${count}`, '÷ bare']), "a bot's process"],
  names.map((name) => [
    name,
    ...counts.flatMap((count) => row(name, ({ each }) => each.get(count) ?? Number.NaN, 1)),
    samples.get(name)?.[0]?.bots === undefined ? '' : spread((samples.get(name) ?? []).map(({ bots }) => bots ?? 0)),
  ]),
);
console.log(
  "roomd: the browser host and all its browsers; bare: the browsers. A real call's machine and media come on top",
);
