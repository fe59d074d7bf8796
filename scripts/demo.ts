import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = `${root}.roomd/demo`;
const logFile = `${data}/roomd.log`;
const preferredPort = 7070;
const { values } = parseArgs({ options: { speed: { type: 'string', default: '8' } } });
/** Room time over wall time: four minutes of meeting in half a minute. */
const speed = Number(values.speed);
const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
const dim = (text: string) => styleText('dim', text, { stream: process.stdout });
const children: ChildProcess[] = [];
let stopping = false;

rmSync(data, { recursive: true, force: true });
mkdirSync(data, { recursive: true });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

const port = (await isFree(preferredPort)) ? preferredPort : 0;
const url = await serve();
console.log(`${bold('roomd')} is serving on ${bold(url)} ${dim(`(its log: ${relative(process.cwd(), logFile)})`)}`);
console.log(`A bot joins the meeting "launch-page", played at ${speed}×. Its policy allows it one message.\n`);
await post('/v1/rooms', { roomId: 'demo', connector: 'transcript', options: { meeting: 'launch-page', speed } });
const tail = roomd(['tail', 'demo', '--from', 'start']);
await roomEnds();
await flushed();
tail.kill('SIGTERM');
await once(tail, 'exit');
showRequests();
showNext();

/** The command line, as a user has it. */
function roomd(args: readonly string[]): ChildProcess {
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
  const address = await new Promise<string>((resolve) => {
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
  return address;
}

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

/** Reads the live stream until the room is over. */
async function roomEnds(): Promise<void> {
  const topic = 'supervisor.room.state.changed';
  const response = await fetch(`${url}/v1/rooms/demo/events?from=start&topic=${topic}`, {
    headers: { accept: 'application/x-ndjson' },
  });
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    if (chunk.includes('"to":"stopped"') || chunk.includes('"to":"failed"')) return;
  }
}

/** The forwarder waits a second for company; then the last batch is out. */
async function flushed(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}

function showRequests(): void {
  const file = `${data}/state/dry-run.jsonl`;
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const requests = lines.map((line) => JSON.parse(line) as { input: { Entries: { DetailType: string }[] } });
  const entries = requests.flatMap(({ input }) => input.Entries);
  const byTopic = Map.groupBy(entries, ({ DetailType }) => DetailType);
  console.log(`\n${bold('EventBridge, dry run:')} ${requests.length} PutEvents requests, ${entries.length} entries`);
  for (const [topic, { length }] of [...byTopic].sort(([, a], [, b]) => b.length - a.length).slice(0, 6)) {
    console.log(`  ${String(length).padStart(3)}  ${topic}`);
  }
  console.log(dim(`  each request is a line of ${relative(process.cwd(), file)}`));
}

function showNext(): void {
  const settings = port === preferredPort ? '' : `ROOMD_URL=${url} `;
  console.log(`
${bold('Try next')}, in another terminal:
  curl -s ${url}/v1/rooms/demo
  curl -sN -H 'Accept: text/event-stream' '${url}/v1/events?from=start'
  curl -s -X POST ${url}/v1/rooms -H 'Content-Type: application/json' -d '{"roomId":"lobby"}'
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
  const living = children.filter((child) => child.exitCode === null && child.signalCode === null);
  for (const child of living) child.kill('SIGTERM');
  await Promise.all(living.map((child) => once(child, 'exit')));
  process.exit(code);
}
