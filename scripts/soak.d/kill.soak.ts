// kill -9 of the supervisor at random moments, under load, again and again on one folder: nothing may be lost.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KillBridge } from './kill-bridge.ts';
import { KillJudge } from './kill-judge.ts';
import { type Plan, plans, type RoomPlan, SHAKY } from './kill-plan.ts';
import { conclude, readOptions } from './options.ts';
import { configure, root, Supervisor } from './supervisor.ts';

/** What is published as fast as possible has an end, or a run of this would need a disk of its own. */
const FAST_COUNT = 1_000;
const options = readOptions('soak kill', 200);
const folder = mkdtempSync(join(tmpdir(), 'roomd-soak-'));
const data = join(folder, 'data');
const journals = join(folder, 'journals');
const runs = join(data, 'runs');
for (const path of [data, journals, runs]) mkdirSync(path);

/** Events that bots had left. */
let takenIn = 0;
/** Kills before everything that earlier bots had left was taken in. */
let inTheMidst = 0;
function countTakenIn(line: string): void {
  if (line.includes('that a bot had left were taken in')) takenIn += (JSON.parse(line) as { taken: number }).taken;
}

const bridge = new KillBridge();
const { endpoint, down } = await bridge.start();
configure(data, endpoint, {
  forward: { batch: { wait: '200ms' } },
  bots: { publisher: { command: [process.execPath, join(root, 'test/bots/publisher.ts')] } },
  // Each round has rooms of its own.
  rooms: { resume: false },
  // The judge wants to read everything at the end.
  log: { maxEventsPerRoom: 10_000_000 },
});
const judge = new KillJudge(bridge);

/** Begins the rooms; a kill may come first. */
async function load(supervisor: Supervisor, rooms: readonly RoomPlan[], round: string): Promise<void> {
  const spawned = rooms.map(({ roomId, everyMs, telemetry }) => {
    const journal = join(journals, `${round}-${roomId}`);
    const own = { journal, bytes: 100, telemetry, everyMs, burst: 5, ...(everyMs === 0 && { count: FAST_COUNT }) };
    // Of its own: the bots of the round before may still be leaving theirs.
    const request = { roomId: `${round}-${roomId}`, bot: 'publisher', connector: 'external', options: own };
    return supervisor.post('/v1/rooms', request);
  });
  await Promise.allSettled(spawned);
}

async function life(plan: Plan, round: string): Promise<void> {
  const { moment, afterMs, frozenMs, rooms, faults } = plan;
  bridge.faults = faults;
  const left = readdirSync(runs);
  const supervisor = new Supervisor(data, countTakenIn);
  const following = judge.follow(supervisor);
  if (moment === 'starting') {
    void supervisor.serving.then(() => load(supervisor, rooms, round)).catch(() => {});
  } else {
    await supervisor.serving;
    if (moment === 'load') void load(supervisor, rooms, round);
  }
  await sleep(afterMs);
  if (frozenMs > 0) {
    supervisor.process.kill('SIGSTOP');
    await sleep(frozenMs);
  }
  await supervisor.end('SIGKILL');
  if (left.some((run) => existsSync(join(runs, run)))) inTheMidst++;
  await following;
}

/** Ends with SIGTERM under load, then starts once more and waits until all is taken in and settled. */
async function rest(): Promise<{ logged: number; noted: number; wanted: number }> {
  bridge.faults = SHAKY;
  const loaded = new Supervisor(data, countTakenIn);
  const following = judge.follow(loaded);
  await load(loaded, [{ roomId: 'room-0', everyMs: 5, telemetry: 0 }], 'last');
  await sleep(1_000);
  const code = await loaded.end('SIGTERM');
  if (code !== 0) judge.violations.push(`SIGTERM: expected exit code 0, got ${code}: ${loaded.lines.join('\n')}`);
  await following;
  const last = new Supervisor(data, countTakenIn);
  await last.serving;
  while (readdirSync(runs).length > 0) await sleep(50);
  for (;;) {
    const status = await last.status();
    judge.checkBooks(status);
    if (status.accounting.pending === 0 && status.cursor === status.last) break;
    await sleep(50);
  }
  const counts = await judge.conclude(last, journals);
  judge.concludeBooks((await last.status()).accounting, counts.logged, counts.wanted);
  const lastCode = await last.end('SIGTERM');
  if (lastCode !== 0) judge.violations.push(`SIGTERM: expected exit code 0, got ${lastCode}`);
  return counts;
}

const started = performance.now();
const seconds = () => ((performance.now() - started) / 1_000).toFixed(0);
const moments: Record<string, number> = {};
for (const [round, plan] of plans(options.rounds, options.seed).entries()) {
  const kind = plan.frozenMs > 0 ? `${plan.moment}, frozen` : plan.moment;
  moments[kind] = (moments[kind] ?? 0) + 1;
  await life(plan, String(round));
  if ((round + 1) % 10 === 0) {
    const { shown, looks, violations } = judge;
    console.log(
      `${seconds()} s: ${round + 1} kills, ${shown} events shown, ${looks} looks, ${violations.length} wrong`,
    );
  }
}
console.log(`${seconds()} s: killed ${options.rounds} times (${JSON.stringify(moments)})`);
const { logged, noted, wanted } = await rest();
console.log(`${seconds()} s: at rest, and read`);
console.log(
  `${noted} published by bots, ${logged} in the log, ${wanted} of them to be forwarded; ` +
    `${bridge.arrived.size} arrived, and ${bridge.duplicates} duplicates; the books were looked at ${judge.looks} times`,
);
console.log(`${takenIn} taken in from what bots had left; ${inTheMidst} kills came before all of that was done`);
console.log(`the stand-in's answers: ${JSON.stringify(bridge.answered)}`);
await down();
if (judge.violations.length === 0) rmSync(folder, { recursive: true, force: true });
else console.error(`seed ${options.seed}; the folder is kept: ${folder}`);
conclude('soak kill', judge.violations);
