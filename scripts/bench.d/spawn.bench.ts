import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { listen, serve, spawnRoom } from './serve.ts';
import { median, percentile, printMachine, printTable, pssMiB, spread } from './table.ts';

const ROUNDS = 30;
const IDLE_ROOMS = 50;

/** Milliseconds from spawn to the first line of a bare `node -e`. */
async function bareNode(): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, ['-e', 'console.log(1)'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const ms = performance.now() - start;
  await once(child, 'exit');
  return ms;
}

const daemon = await serve();
const waiting = new Map<string, (line: { topic: string }) => void>();
const close = await listen(daemon.url, '/v1/events?from=start', ({ envelope }) => {
  if (envelope?.runtime === 'bot') waiting.get(envelope.roomId)?.(envelope);
});

/** Milliseconds from the HTTP request to the bot's first envelope, committed to the log and read off a live stream. */
async function cold(roomId: string): Promise<{ first: number; live: number }> {
  const first = Promise.withResolvers<number>();
  const live = Promise.withResolvers<number>();
  const start = performance.now();
  waiting.set(roomId, ({ topic }) => {
    first.resolve(performance.now() - start);
    if (topic === 'assistant.session.started') live.resolve(performance.now() - start);
  });
  await spawnRoom(daemon.url, roomId);
  const times = { first: await first.promise, live: await live.promise };
  waiting.delete(roomId);
  return times;
}

const end = async (roomId: string) => {
  const gone = Promise.withResolvers<void>();
  waiting.set(roomId, ({ topic }) => topic === 'assistant.session.ended' && gone.resolve());
  await (await fetch(`${daemon.url}/v1/rooms/${roomId}`, { method: 'DELETE' })).text();
  await gone.promise;
  waiting.delete(roomId);
};

await bareNode();
await cold('warm-up');
await end('warm-up');
const bare: number[] = [];
const first: number[] = [];
const live: number[] = [];
const ratios: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  const base = await bareNode();
  const times = await cold(`cold-${i}`);
  await end(`cold-${i}`);
  bare.push(base);
  first.push(times.first);
  live.push(times.live);
  ratios.push(times.first / base);
}
printMachine(`spawn: cold start, ${ROUNDS} pairs in turn; median (min … max)`);
const row = (name: string, ms: number[]) => [name, spread(ms), percentile(ms, 0.95).toFixed(1)];
printTable(
  ['what, in ms', 'p50', 'p95'],
  [
    row('bare node -e to its first line', bare),
    row('HTTP request to first envelope', first),
    row('HTTP request to session started', live),
  ],
);
console.log(`ratio of the first envelope to bare node, pair by pair: ${spread(ratios, 2)}; target ≤ 2`);

const rooms = Array.from({ length: IDLE_ROOMS }, (_, i) => `idle-${i}`);
for (const roomId of rooms) await cold(roomId);
const views = (await (await fetch(`${daemon.url}/v1/rooms`)).json()) as {
  rooms: { roomId: string; pid: number | null }[];
};
const pss = views.rooms.flatMap(({ roomId, pid }) => (roomId.startsWith('idle-') && pid !== null ? [pssMiB(pid)] : []));
const bareChild = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
await once(bareChild.stdout, 'data');
printTable(
  [`memory in MiB (PSS), ${pss.length} idle rooms`, 'median (min … max)'],
  [
    ['a room', spread(pss)],
    ['a bare node -e beside them', pssMiB(bareChild.pid ?? 0).toFixed(1)],
    ['the supervisor', pssMiB(daemon.pid).toFixed(1)],
  ],
);
console.log(`target ≤ 15 MiB a room; median ${median(pss).toFixed(1)}`);
bareChild.kill();
close();
await daemon.stop();
