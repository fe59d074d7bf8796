import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { linesOf } from '../supervisor/cli/lines.ts';

interface Entry {
  readonly DetailType: string;
  readonly Detail: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const data = `${root}.roomd/demo`;
const logFile = `${data}/roomd.log`;
const requestsFile = `${data}/state/dry-run.jsonl`;
/** How long the room's last event may take to the file, in milliseconds. */
const FORWARD_MS = 10_000;
const preferredPort = 7070;
const { values } = parseArgs({ options: { speed: { type: 'string', default: '8' } } });
/** Room time over wall time: four minutes of meeting in half a minute. */
const speed = Number(values.speed);
/** Of the meeting that goes on in the console: a score every ten seconds. */
const WEEKLY_SPEED = 3;
const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
const dim = (text: string) => styleText('dim', text, { stream: process.stdout });
const children: ChildProcess[] = [];
let stopping = false;

rmSync(data, { recursive: true, force: true });
mkdirSync(data, { recursive: true });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

const port = (await isFree(preferredPort)) ? preferredPort : 0;
try {
  await show(await serve());
} catch (error) {
  if (!stopping) console.error(`roomd: the demo can't go on: ${(error as Error).message}`);
  await stop(1);
}

async function show(url: string): Promise<void> {
  console.log(`${bold('roomd')} is serving on ${bold(url)} ${dim(`(its log: ${relative(process.cwd(), logFile)})`)}`);
  const page = `${url}/`;
  console.log(`
Open the ${bold('console')}:  ${bold(page)}
  ${dim('a meeting in progress')}     ${page}#/rooms/weekly/charts
  ${dim('chat with a bot')}           ${page}#/rooms/lobby/chat
`);
  await meet(url, 'weekly', WEEKLY_SPEED);
  await post(url, '/v1/rooms', { roomId: 'lobby', limits: { idleTimeout: '4h' } });
  console.log(`Here, a bot joins the same meeting, played at ${speed}×. Its policy allows it one message.\n`);
  await meet(url, 'demo', speed);
  const tail = roomd(url, ['tail', 'demo', '--from', 'start']);
  void goOn(url);
  await written(await lastEvent(url, 'demo'));
  tail.kill('SIGTERM');
  await ended(tail);
  showRequests();
  showNext(url);
}

function meet(url: string, roomId: string, speed: number): Promise<void> {
  return post(url, '/v1/rooms', {
    roomId,
    connector: 'transcript',
    tenantId: 'sample',
    options: { meeting: 'launch-page', speed },
  });
}

/** There is always a meeting in progress to look at: when it ends, the next one begins. */
async function goOn(url: string): Promise<void> {
  try {
    for (let from = 'start'; !stopping; ) {
      from = (await lastEvent(url, 'weekly', from)).position;
      await meet(url, 'weekly', WEEKLY_SPEED);
    }
  } catch (error) {
    if (!stopping) console.error(`roomd: the meeting can't go on: ${(error as Error).message}`);
  }
}

/** The command line, as a user has it. */
function roomd(url: string, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [`${root}supervisor/main.ts`, ...args], {
    cwd: data,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ROOMD_URL: url },
  });
  children.push(child);
  return child;
}

async function serve(): Promise<string> {
  const config = `${root}scripts/demo-room/roomd.yaml`;
  const args = ['serve', '--config', config, '--data', `${data}/state`, '--port', String(port), '--dry-run'];
  const child = spawn(process.execPath, [`${root}supervisor/main.ts`, ...args], {
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const log = createWriteStream(logFile);
  const lines = createInterface({ input: child.stderr });
  return await new Promise((resolve) => {
    lines.on('line', (line) => {
      log.write(`${line}\n`);
      if (line.includes('"roomd is serving"')) resolve((JSON.parse(line) as { address: string }).address);
    });
    child.once('exit', (code) => {
      if (stopping) return;
      console.error(`roomd: the supervisor ended with code ${code}; see ${logFile}`);
      void stop(1);
    });
  });
}

async function post(url: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

interface LastEvent {
  readonly id: string;
  readonly position: string;
}

/** Reads the live stream until the room is over: the event that says so. */
async function lastEvent(url: string, roomId: string, from = 'start'): Promise<LastEvent> {
  const topic = 'supervisor.room.state.changed';
  const response = await fetch(`${url}/v1/rooms/${roomId}/events?from=${from}&topic=${topic}`, {
    headers: { accept: 'application/x-ndjson' },
  });
  for await (const line of linesOf(response)) {
    const { envelope, position } = JSON.parse(line) as {
      envelope?: { id: string; payload: { to: string } };
      position: string;
    };
    if (envelope?.payload.to === 'stopped' || envelope?.payload.to === 'failed') return { id: envelope.id, position };
  }
  throw new Error('expected the room to end, and its stream did before');
}

/** Resolves when a request with this event is in the file: events are forwarded in order, so all others are too. */
async function written({ id }: LastEvent): Promise<void> {
  const deadline = AbortSignal.timeout(FORWARD_MS);
  while (!readRequests().some((entries) => entries.some(({ Detail }) => Detail.includes(id)))) {
    if (deadline.aborted) throw new Error(`expected the room's last event in ${requestsFile}; see ${logFile}`);
    await sleep(100);
  }
}

/** What each request of the dry run carries; a line that is still being written doesn't count. */
function readRequests(): Entry[][] {
  const lines = readFileSync(requestsFile, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { input: { Entries: Entry[] } }).input.Entries);
}

function showRequests(): void {
  const requests = readRequests();
  const entries = requests.flat();
  const byTopic = Map.groupBy(entries, ({ DetailType }) => DetailType);
  console.log(`\n${bold('EventBridge, dry run:')} ${requests.length} PutEvents requests, ${entries.length} entries`);
  for (const [topic, { length }] of [...byTopic].sort(([, a], [, b]) => b.length - a.length).slice(0, 6)) {
    console.log(`  ${String(length).padStart(3)}  ${topic}`);
  }
  console.log(dim(`  each request is a line of ${relative(process.cwd(), requestsFile)}`));
}

function showNext(url: string): void {
  const settings = port === preferredPort ? '' : `ROOMD_URL=${url} `;
  console.log(`
${bold('Try next')}, in another terminal:
  curl -s ${url}/v1/rooms/demo
  curl -sN -H 'Accept: text/event-stream' '${url}/v1/events?from=start'
  curl -s -X POST ${url}/v1/rooms/lobby/commands -H 'Content-Type: application/json' -d '{"type":"app_message","text":"This is confidential"}'
  ${settings}./scripts/roomd tail --from 10m
  ${settings}./scripts/roomd show lobby

${dim('roomd goes on serving; Ctrl-C stops it.')}`);
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(candidate, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function stop(code = 0): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map(ended));
  process.exit(code);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
