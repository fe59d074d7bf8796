import { writeSync } from 'node:fs';
import { readHeartbeatMs } from './environment.ts';
import { FirstOutput } from './first-output.ts';
import { createIds } from './ids.ts';
import { readSnapshot } from './policy/snapshot.ts';
import { processClock as clock } from './process-clock.ts';
import { commandsTo, type Role } from './role.ts';
import { writeSpill } from './spill.ts';
import { type CreateRoom, Stay, type StayParts } from './stay.ts';
import type { Output } from './stdout.ts';
import { Waiting } from './waiting.ts';

/** This process's life as a bot; resolves with its exit code when all it had to say is out or in safety. */
export function live(createRoom: CreateRoom): Promise<number> {
  const newId = createIds(() => clock.now());
  const over = Promise.withResolvers<number>();
  const enter = (variables: StayParts['variables'], out: Output) => {
    const stay = new Stay({ variables, clock, newId, out, createRoom, readPolicy: readSnapshot, writeSpill, say });
    void stay.over.then(over.resolve);
    role = stay;
  };
  const wait = (out: Output) => {
    const heartbeatMs = readHeartbeatMs(process.env);
    const own = { ...process.env };
    const onAssign = (env: StayParts['variables']) => enter({ ...own, ...env }, out);
    const waiting = new Waiting({ clock, newId, out, heartbeatMs, onAssign, say });
    void waiting.over.then(over.resolve);
    role = waiting;
    return waiting;
  };
  let role: Role | undefined;
  const crash = (error: unknown) => role?.crash(error);
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  process.on('SIGTERM', () => role?.stop('SIGTERM'));
  process.on('SIGINT', () => role?.stop('SIGINT'));
  /** Loaded when it's needed: with what it stands on, reading takes milliseconds to load. */
  const listen = async () => {
    const { readCommands } = await import('./commands.ts');
    readCommands(
      process.stdin,
      commandsTo(() => role, say),
    );
  };

  if (process.env.ROOMD_WARM === '1') {
    const waiting = wait(process.stdout);
    void listen().then(async () => {
      const { rehearse } = await import('./rehearsal.ts');
      // The second time compiles what V8 only interprets the first time: regular expressions.
      const codes = [await rehearse({ clock, newId }), await rehearse({ clock, newId })];
      if (codes.some((code) => code !== 0)) say(`the rehearsals ended with ${codes.join(', ')}: expected 0`);
      waiting.ready();
    });
  } else {
    enter(
      process.env,
      new FirstOutput(
        (bytes) => writeSync(1, bytes),
        () => process.stdout,
      ),
    );
    // After the first lines have left.
    setImmediate(() => void listen());
  }
  return over.promise;
}

/** One line for people. Standard error is opened when it's needed: that takes a millisecond too. */
function say(line: string): void {
  // Nobody reads: that must not be the end of the bot.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  process.stderr.write(`${line}\n`);
}
