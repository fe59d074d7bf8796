import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventLines } from '../../supervisor/cli/event-line.ts';
import { painter } from '../../supervisor/cli/io.ts';
import { type Arrived, openBus } from './bus.ts';
import { startMoto } from './emulator.ts';

/** What roomd.yaml beside this file says. */
const PORT = 5555;
const BUS = 'meetings';
const POLL_MS = 300;
const CREDENTIALS = 'AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test';

const { values } = parseArgs({ options: { port: { type: 'string', default: String(PORT) } } });
const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
const { stdout } = process;
/** Lines are for people on a terminal, and JSON elsewhere; what isn't an event goes to stderr. */
const lineOf: (event: Arrived) => string = stdout.isTTY ? eventLine() : JSON.stringify;
const paint = painter(process.stderr, process.env);
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort());
// Nobody reads any more: `| head`.
stdout.on('error', () => stopped.abort());

process.exitCode = await watch().catch((error: Error) => {
  if (stopped.signal.aborted) return 0;
  console.error(`roomd: ${explained(error.message)}`);
  return 1;
});

async function watch(): Promise<number> {
  if (!(port <= 65_535)) throw new Error(`expected --port to be a number up to 65535, got "${values.port}"`);
  const moto = await startMoto(port);
  stopped.signal.addEventListener('abort', () => moto.process.kill());
  if (stopped.signal.aborted) moto.process.kill();
  try {
    const bus = await openBus(moto.endpoint, BUS);
    console.error(invitation(moto.endpoint));
    const arrived = await show(bus.receive);
    bus.close();
    console.error(paint('dim', `\n${arrived} events arrived; moto has stopped.`));
    return 0;
  } finally {
    moto.process.kill();
    await moto.exited;
  }
}

/** Until Ctrl-C; how many there were. */
async function show(receive: () => Promise<Arrived[]>): Promise<number> {
  let arrived = 0;
  while (!stopped.signal.aborted) {
    const events = await receive().catch((error: Error) => {
      if (stopped.signal.aborted) return [];
      throw new Error(`moto answers no more: ${error.message}`);
    });
    for (const event of events) stdout.write(`${lineOf(event)}\n`);
    arrived += events.length;
    if (events.length === 0) await sleep(POLL_MS, undefined, { signal: stopped.signal }).catch(() => {});
  }
  return arrived;
}

function eventLine(): (event: Arrived) => string {
  const line = eventLines({
    paint: painter(stdout, process.env),
    columns: () => stdout.columns ?? 100,
    showRoom: true,
  });
  return ({ detail }) => line(detail);
}

function invitation(endpoint: string): string {
  const elsewhere = port === PORT ? '' : ` ROOMD_FORWARD_ENDPOINT=${endpoint}`;
  const bold = (text: string) => paint('bold', text);
  return `${bold('moto')} plays EventBridge on ${bold(endpoint)}: bus ${BUS}, a rule for all that roomd sends, an SQS queue.

${bold('In a second terminal:')}
  ${CREDENTIALS}${elsewhere} ./scripts/roomd serve --config scripts/moto-room/roomd.yaml
${bold('and in a third, a bot in a sample meeting:')}
  ./scripts/roomd spawn demo --connector transcript --option meeting=launch-page --option speed=8

${paint('dim', "Events appear here as they arrive in the queue. Ctrl-C stops moto; roomd then keeps what it can't deliver.")}
`;
}

function explained(message: string): string {
  if (!message.includes('in use')) return message;
  return `expected port ${port} to be free, and something listens there: stop it, or choose another with --port`;
}
