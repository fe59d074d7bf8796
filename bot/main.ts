import { Bus } from '../spec/runtime/bus.ts';
import { specVersion } from '../spec/spec-version.ts';
import { readCommands } from './commands.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createIds } from './ids.ts';
import { readSnapshot } from './policy/snapshot.ts';
import { processClock } from './process-clock.ts';
import { createConnector } from './rooms/connect.ts';
import { Session } from './session.ts';
import { Stdout } from './stdout.ts';

/** How long the last lines may take when nothing else is said; after a crash, less. */
const FLUSH_MS = 5_000;
const CRASH_FLUSH_MS = 2_000;
/** Before the deadline, so that the exit itself is in time. */
const EXIT_MS = 100;

const clock = processClock;
const newId = createIds(() => clock.now());
const read = readEnvironment(process.env);
let session: Session | undefined;

const output = new Stdout(process.stdout, {
  clock,
  onDrops: (drop) => bus.publish('events.dropped', drop),
  onShedding: () => say('events are being dropped: they are not read fast enough'),
  onGone: () => session?.stop('supervisor_gone'),
});
const bus = new Bus({
  clock,
  newId,
  specVersion,
  runtime: 'bot',
  ...(read.ok && eventContext(read.environment)),
  sink: (envelope) => output.write(envelope),
  onError: (where, topic, error) => say(`${where} ${topic}: ${error instanceof Error ? error.stack : error}`),
});

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

if (read.ok) {
  void live(read.environment);
} else {
  for (const problem of read.problems) say(problem);
  bus.publish('assistant.session.failed', { reason: read.problems.join('; ').slice(0, 1_024), retryable: false });
  void end(78, FLUSH_MS);
}

async function live(environment: Environment): Promise<void> {
  if (environment.specVersion !== undefined && environment.specVersion !== specVersion) {
    say(`the supervisor's spec is ${environment.specVersion}, this bot's is ${specVersion}`);
  }
  const { connector, options, heartbeatMs, policyPath } = environment;
  const parts = { bus, clock, newId, onError: crash };
  const current = new Session({
    environment,
    bus,
    clock,
    random: Math.random,
    loadPolicy: () => readSnapshot(policyPath),
    createRoom: () => createConnector(connector, options, parts),
    say,
  });
  session = current;
  process.on('SIGTERM', () => current.stop('SIGTERM'));
  process.on('SIGINT', () => current.stop('SIGINT'));
  const rssBytes = () => process.memoryUsage.rss();
  const heartbeat = startHeartbeat({ bus, clock, everyMs: heartbeatMs, output, rssBytes });
  const running = current.run();
  // After the first lines have left: opening standard input takes a millisecond.
  setImmediate(() =>
    readCommands(process.stdin, {
      onCommand: (command) => current.command(command),
      onIgnored: (detail) => say(`command ignored: ${detail}`),
      onEnd: () => current.stop('supervisor_gone'),
    }),
  );
  const code = await running;
  heartbeat.cancel();
  await end(code, current.deadline === undefined ? FLUSH_MS : current.deadline - clock.monotonic() - EXIT_MS);
}

function eventContext({ roomId, assistantId, tenantId, attempt }: Environment) {
  return {
    context: { roomId, sessionId: newId(), ...(assistantId && { assistantId }), ...(tenantId && { tenantId }) },
    meta: { attempt },
  };
}

/** One line for people. Standard error is opened when it's needed: that takes a millisecond too. */
function say(line: string): void {
  // Nobody reads: that must not be the end of the bot.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  process.stderr.write(`${line}\n`);
}

/** A bug: the process can't be trusted any more, but what it has said must arrive. */
function crash(error: unknown): void {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  void end(1, CRASH_FLUSH_MS);
}

async function end(code: number, flushMs: number): Promise<void> {
  const left = await output.flush(Math.max(0, flushMs));
  if (left > 0) say(`${left} events could not be written: nobody reads`);
  process.exit(code);
}
