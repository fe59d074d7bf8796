import { specVersion } from '../spec/spec-version.ts';
import { readCommands } from './commands.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createIds } from './ids.ts';
import { readSnapshot } from './policy/snapshot.ts';
import { processClock } from './process-clock.ts';
import { Publishing } from './publishing.ts';
import type { Connector, RoomParts } from './rooms/port.ts';
import { Session } from './session.ts';
import type { Stdout } from './stdout.ts';

/** How long the last lines may take when nothing else is said; after a crash, less. */
const FLUSH_MS = 5_000;
const CRASH_FLUSH_MS = 2_000;
/** Before the deadline, so that the exit itself is in time. */
const EXIT_MS = 100;

/** Makes the room that the bot is for. Throws an OptionsError. */
export type CreateRoom = (environment: Environment, parts: RoomParts, output: Stdout) => Connector;

/** This process's life as a bot; resolves with its exit code when all it had to say is out or in safety. */
export function live(createRoom: CreateRoom): Promise<number> {
  const clock = processClock;
  const newId = createIds(() => clock.now());
  const read = readEnvironment(process.env);
  const over = Promise.withResolvers<number>();
  let session: Session | undefined;
  const publishing = new Publishing({
    clock,
    newId,
    out: process.stdout,
    environment: read.ok ? read.environment : undefined,
    say,
    onGone: () => session?.stop('supervisor_gone'),
  });
  const { bus, output } = publishing;

  const end = async (code: number, flushMs: number) => {
    await publishing.close(Math.max(0, flushMs));
    over.resolve(code);
  };
  /** A bug: the process can't be trusted any more, but what it has said must arrive. */
  const crash = (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    void end(1, CRASH_FLUSH_MS);
  };
  const run = async (environment: Environment) => {
    if (environment.specVersion !== undefined && environment.specVersion !== specVersion) {
      say(`the supervisor's spec is ${environment.specVersion}, this bot's is ${specVersion}`);
    }
    const { heartbeatMs, policyPath } = environment;
    const parts = { bus, clock, newId, onError: crash };
    const current = new Session({
      environment,
      bus,
      clock,
      random: Math.random,
      loadPolicy: () => readSnapshot(policyPath),
      createRoom: () => createRoom(environment, parts, output),
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
        onCommand: (command) => {
          if (command.type === 'ack') publishing.acknowledge(command.through);
          else current.command(command);
        },
        onIgnored: (detail) => say(`command ignored: ${detail}`),
        onEnd: () => publishing.supervisorGone(),
      }),
    );
    const code = await running;
    heartbeat.cancel();
    await end(code, current.deadline === undefined ? FLUSH_MS : current.deadline - clock.monotonic() - EXIT_MS);
  };

  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  if (read.ok) {
    void run(read.environment);
  } else {
    for (const problem of read.problems) say(problem);
    bus.publish('assistant.session.failed', { reason: read.problems.join('; ').slice(0, 1_024), retryable: false });
    void end(78, FLUSH_MS);
  }
  return over.promise;
}

/** One line for people. Standard error is opened when it's needed: that takes a millisecond too. */
function say(line: string): void {
  // Nobody reads: that must not be the end of the bot.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  process.stderr.write(`${line}\n`);
}
