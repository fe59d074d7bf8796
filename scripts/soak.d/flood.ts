import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../bench.d/table.ts';
import { answerEach, idOf, startEventBridge } from './stand-in.ts';
import { configure, imbalance, root, Supervisor } from './supervisor.ts';

const MB = 1_000_000;
const BOTS = 4;
/** About so many bytes an event. */
const EVENT = 190_000;
/** Most of it is garbage that V8 is in no hurry to collect. */
const PEAK_MIB = 640;
/** Garbage comes and goes; between these two stretches of the flood the median of the RSS may grow by so much. */
const EARLY = [0.1, 0.3] as const;
const LATE = [0.8, 1] as const;
const GROWTH = 1.15;
const TOPIC = 'room.dominance.score';
const MARKS = [0.1, 0.5, 1];

/** Bots write so many megabytes of events while the target is down; then it comes back. What should have held and didn't. */
export async function runFlood(megabytes: number, say: (line: string) => void): Promise<string[]> {
  const violations: string[] = [];
  const total = megabytes * MB;
  const data = mkdtempSync(join(tmpdir(), 'roomd-soak-'));
  const arrived = new Set<string>();
  let bytes = 0;
  const bridge = await startEventBridge((entries, response) => {
    for (const entry of entries) {
      if (entry.DetailType !== TOPIC || arrived.has(idOf(entry))) continue;
      arrived.add(idOf(entry));
      bytes += entry.Detail.length;
    }
    answerEach(
      response,
      entries.map(() => undefined),
    );
  });
  await bridge.down();
  const command = [process.execPath, join(root, 'scripts/soak.d/flood-bot.mjs')];
  configure(data, bridge.endpoint, {
    bots: { flood: { command } },
    rooms: { heartbeatTimeout: '1h', idleTimeout: '1h' },
  });
  const supervisor = new Supervisor(data);
  await supervisor.serving;
  const before = memory(supervisor.pid);
  const each = Math.ceil(total / BOTS / EVENT);
  const started = performance.now();
  for (let i = 0; i < BOTS; i++) {
    await supervisor.post('/v1/rooms', {
      roomId: `flood-${i}`,
      bot: 'flood',
      connector: 'external',
      options: { count: each },
    });
  }
  const samples = await follow(supervisor, each * BOTS);
  const seconds = (performance.now() - started) / 1_000;
  say(
    `${each * BOTS} events of about 190 KB in ${seconds.toFixed(1)} s, the target down; memory in MiB, at start: ` +
      `RSS ${before.rss}, PSS ${before.pss}; by then at most:`,
  );
  for (const mark of MARKS) {
    const until = within(samples, 0, mark * total);
    const most = (name: 'rss' | 'pss') => Math.max(...until.map((sample) => sample[name]));
    say(`  ${mark * megabytes} MB: RSS ${most('rss')}, PSS ${most('pss')}`);
  }
  const [early, late] = [EARLY, LATE].map(([from, to]) =>
    median(within(samples, from * total, to * total).map(({ rss }) => rss)),
  );
  const growth = (late ?? Number.NaN) / (early ?? Number.NaN);
  say(`  median RSS ${early} in the second and third tenth, ${late} in the last two`);
  if (!(growth <= GROWTH)) violations.push(`memory isn't flat: it grew to ${growth.toFixed(2)} times`);

  const back = performance.now();
  await bridge.up();
  for (let reported = 0; arrived.size < each * BOTS; await sleep(100)) {
    const status = await supervisor.status();
    if (imbalance(status) !== 0) violations.push(`accepted − sum of fates = ${imbalance(status)}`);
    if (status.accounting.deadLettered + status.accounting.expired > 0) {
      violations.push(`events were given up: ${JSON.stringify(status.accounting)}`);
      break;
    }
    if (performance.now() - back > (reported + 1) * 30_000) say(`  ${arrived.size} arrived, ${++reported * 30} s`);
  }
  const recovery = (performance.now() - back) / 1_000;
  say(
    `the target came back: all ${arrived.size} arrived (${Math.round(bytes / MB)} MB) within ${recovery.toFixed(1)} s; ` +
      `the highest RSS was ${memory(supervisor.pid).highest} MiB`,
  );
  const { highest } = memory(supervisor.pid);
  if (highest > PEAK_MIB) violations.push(`expected an RSS of at most ${PEAK_MIB} MiB, got ${highest}`);
  const code = await supervisor.end('SIGTERM');
  if (code !== 0) violations.push(`SIGTERM: expected exit code 0, got ${code}: ${supervisor.lines.join('\n')}`);
  await bridge.down();
  rmSync(data, { recursive: true, force: true });
  return violations;
}

/** Follows the flood until all of it is accepted; the supervisor's memory, again and again. */
async function follow(supervisor: Supervisor, events: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let pending = 0; pending < events; await sleep(20)) {
    pending = (await supervisor.status()).accounting.pending;
    samples.push({ bytes: pending * EVENT, ...memory(supervisor.pid) });
  }
  return samples;
}

/** The samples while between so many bytes and so many were in the log. */
function within(samples: readonly Sample[], from: number, to: number): Sample[] {
  return samples.filter(({ bytes }) => bytes >= from && bytes < to);
}

interface Memory {
  readonly rss: number;
  readonly pss: number;
  readonly highest: number;
}

interface Sample extends Memory {
  /** In the log. */
  readonly bytes: number;
}

/** Of a process, in MiB; `highest` is the highest RSS of its life. */
function memory(pid: number): Memory {
  const of = (file: string, name: string) => {
    const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
    return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024);
  };
  return { rss: of('status', 'VmRSS'), pss: of('smaps_rollup', 'Pss'), highest: of('status', 'VmHWM') };
}
