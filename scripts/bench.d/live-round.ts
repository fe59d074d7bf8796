import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order, Report, Said } from './live-clients.ts';
import { root, serve } from './serve.ts';
import { rssMiB } from './table.ts';

export interface Load {
  readonly subscribers: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export interface Sample extends Report {
  /** CPU of the server, all its threads, in cores. */
  readonly server: number;
  /** The highest of its life, in MiB. */
  readonly rss: number;
}

export interface Subject {
  readonly kind: Order['kind'];
  /** No one of them may see what people said. */
  readonly masked?: boolean;
}

/** Whatever hangs ends a round. */
const PATIENCE_MS = 60_000;
/** Of /proc/PID/stat, a second. */
const TICKS = 100;
const SECRETS = { admin: 'all', reader: 'some' };
const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');

/** A daemon of its own, with a bot that publishes, and its subscribers. */
export async function roomdRound(load: Load, { kind, masked = false }: Subject): Promise<Sample> {
  const command = [process.execPath, join(root, 'scripts/bench.d/live-feeder.mjs')];
  const tokens = [
    { name: 'admin', sha256: hash(SECRETS.admin), scopes: ['admin' as const] },
    { name: 'reader', sha256: hash(SECRETS.reader), scopes: ['events:read' as const] },
  ];
  const daemon = await serve({
    bots: { feeder: { command } },
    rooms: { heartbeatTimeout: '1h', idleTimeout: '1h' },
    ...(masked && { http: { tokens } }),
  });
  const headers = { 'content-type': 'application/json', ...(masked && { authorization: `Bearer ${SECRETS.admin}` }) };
  const post = async (path: string, body: unknown) => {
    const response = await fetch(daemon.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  try {
    await post('/v1/rooms', { roomId: 'bench', bot: 'feeder', connector: 'external', options: feed(load) });
    const begin = { SSE: 'event: hello', NDJSON: '{"hello"', 'Socket.IO': '["hello"', mixed: 'hello' }[kind];
    return await measure(load, daemon, { kind, begin, ...(masked && { token: SECRETS.reader }) }, () =>
      post('/v1/rooms/bench/commands', { type: 'app_message', text: 'go' }),
    );
  } finally {
    await daemon.stop();
  }
}

/** The same events and subscribers at a server that is nothing but Socket.IO. */
export async function bareRound(load: Load): Promise<Sample> {
  const child = fork(join(root, 'scripts/bench.d/live-bare.ts'), [JSON.stringify(feed(load))], { execArgv: [] });
  try {
    const [url] = (await once(child, 'message')) as [string];
    return await measure(load, { url, pid: child.pid ?? 0 }, { kind: 'Socket.IO', begin: '40{"sid"' }, async () => {
      child.send('go');
    });
  } finally {
    await end(child);
  }
}

const feed = ({ perSecond, seconds, warmUpSeconds }: Load) => ({
  perSecond,
  count: perSecond * (seconds + warmUpSeconds),
});

async function measure(
  load: Load,
  { url, pid }: { url: string; pid: number },
  how: Pick<Order, 'kind' | 'begin' | 'token'>,
  start: () => Promise<void>,
): Promise<Sample> {
  const clients = fork(join(root, 'scripts/bench.d/live-clients.ts'), { execArgv: [] });
  try {
    const warmUp = load.perSecond * load.warmUpSeconds;
    const order: Order = { url, ...how, count: load.subscribers, events: feed(load).count, warmUp };
    clients.send(order);
    await heard(clients, 'open');
    await start();
    await heard(clients, 'warm');
    const [cpu, since] = [cpuSeconds(pid), performance.now()];
    const said = await heard(clients, 'done');
    if (said.word !== 'done') throw new Error('expected a report');
    const server = (cpuSeconds(pid) - cpu) / ((performance.now() - since) / 1_000);
    return { ...said.report, server, rss: rssMiB(pid, 'VmHWM') };
  } finally {
    await end(clients);
  }
}

async function heard(clients: ChildProcess, word: Said['word']): Promise<Said> {
  const [said] = (await once(clients, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Said];
  if (said.word !== word) throw new Error(`expected ${word}, got ${said.word}`);
  return said;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

function cpuSeconds(pid: number): number {
  const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = after.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
