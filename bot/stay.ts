import type { Command } from '../spec/command.ts';
import type { PolicySnapshot } from '../spec/policy.ts';
import type { Clock } from '../spec/runtime/clock.ts';
import { specVersion } from '../spec/spec-version.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { Line } from './line-queue.ts';
import { Publishing } from './publishing.ts';
import { crashText, type Role } from './role.ts';
import type { Connector, RoomParts } from './rooms/port.ts';
import { Session } from './session.ts';
import type { Output, Stdout } from './stdout.ts';

/** How long the last lines may take when nothing else is said; after a crash, less. */
const FLUSH_MS = 5_000;
const CRASH_FLUSH_MS = 2_000;
/** Before the deadline, so that the exit itself is in time. */
const EXIT_MS = 100;

/** Makes the room that the bot is for. Throws an OptionsError. */
export type CreateRoom = (environment: Environment, parts: RoomParts, output: Stdout) => Connector;

export interface StayParts {
  /** ROOMD_* and BOT_*, as spec/bot-protocol.md has them. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly out: Output;
  readonly createRoom: CreateRoom;
  /** The file at that path → the snapshot. Throws a SnapshotError. */
  readonly readPolicy: (path: string) => PolicySnapshot;
  /** Leaves lines in the file at that path. Throws when it can't. */
  readonly writeSpill: (path: string, lines: readonly Line[]) => void;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** A bot in the one room of its life, from what it is told about it to its last words. */
export class Stay implements Role {
  /** Resolves with the process's exit code when all it had to say is out or in safety. */
  readonly over: Promise<number>;
  readonly #parts: StayParts;
  readonly #publishing: Publishing;
  readonly #over = Promise.withResolvers<number>();
  #session: Session | undefined;

  /** Begins at once. */
  constructor(parts: StayParts) {
    this.#parts = parts;
    this.over = this.#over.promise;
    const read = readEnvironment(parts.variables);
    this.#publishing = new Publishing({
      ...parts,
      environment: read.ok ? read.environment : undefined,
      onGone: () => this.#session?.stop('supervisor_gone'),
    });
    if (read.ok) void this.#run(read.environment);
    else this.#refuse(read.problems);
  }

  command(command: Command): void {
    if (command.type === 'ack') this.#publishing.acknowledge(command.through);
    else if (command.type === 'assign') this.#parts.say('assign ignored: this bot has its room');
    else this.#session?.command(command);
  }

  inputEnded(): void {
    this.#publishing.supervisorGone();
  }

  stop(signal: string): void {
    this.#session?.stop(signal);
  }

  /** The process can't be trusted any more, but what it has said must arrive. */
  crash(error: unknown): void {
    this.#parts.say(crashText(error));
    void this.#end(1, CRASH_FLUSH_MS);
  }

  async #run(environment: Environment): Promise<void> {
    const { clock, newId, say, readPolicy, createRoom } = this.#parts;
    const { bus, output } = this.#publishing;
    if (environment.specVersion !== undefined && environment.specVersion !== specVersion) {
      say(`the supervisor's spec is ${environment.specVersion}, this bot's is ${specVersion}`);
    }
    const session = new Session({
      environment,
      bus,
      clock,
      random: Math.random,
      loadPolicy: () => readPolicy(environment.policyPath),
      createRoom: () => {
        const onError = (error: unknown) => this.crash(error);
        const isRestart = environment.attempt > 1;
        return createRoom(environment, { bus, clock, newId, isRestart, onError, say }, output);
      },
      say,
    });
    this.#session = session;
    const heartbeat = startHeartbeat({ bus, clock, everyMs: environment.heartbeatMs, output, rssBytes });
    const code = await session.run();
    heartbeat.cancel();
    const { deadline } = session;
    await this.#end(code, deadline === undefined ? FLUSH_MS : deadline - clock.monotonic() - EXIT_MS);
  }

  #refuse(problems: readonly string[]): void {
    for (const problem of problems) this.#parts.say(problem);
    const reason = problems.join('; ').slice(0, 1_024);
    this.#publishing.bus.publish('assistant.session.failed', { reason, retryable: false });
    void this.#end(78, FLUSH_MS);
  }

  async #end(code: number, flushMs: number): Promise<void> {
    await this.#publishing.close(Math.max(0, flushMs));
    this.#over.resolve(code);
  }
}

export function rssBytes(): number {
  return process.memoryUsage.rss();
}
