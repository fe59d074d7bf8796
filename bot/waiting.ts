import type { Command } from '../spec/command.ts';
import { Bus } from '../spec/runtime/bus.ts';
import type { Clock, Timer } from '../spec/runtime/clock.ts';
import { specVersion } from '../spec/spec-version.ts';
import { startHeartbeat } from './heartbeat.ts';
import { crashText, type Role } from './role.ts';
import { rssBytes } from './stay.ts';
import type { Output } from './stdout.ts';

export interface WaitingParts {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly out: Output;
  readonly heartbeatMs: number;
  /** The bot has its room; what its environment would have told it. Called once. */
  readonly onAssign: (variables: Readonly<Record<string, string>>) => void;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** A bot that has no room yet. It says that it is alive and nothing else, and leaves without a word. */
export class Waiting implements Role {
  /** Resolves with the exit code when it leaves before it has got a room. */
  readonly over: Promise<number>;
  readonly #parts: WaitingParts;
  readonly #over = Promise.withResolvers<number>();
  readonly #bus: Bus;
  #heartbeat: Timer | undefined;
  #done = false;
  /** Nobody needs more than one heartbeat at a time on its way. */
  #writing = false;
  readonly #output = { fill: 0, dropped: 0 };

  constructor(parts: WaitingParts) {
    const { clock, newId, out } = parts;
    this.#parts = parts;
    this.over = this.#over.promise;
    this.#bus = new Bus({ clock, newId, specVersion, runtime: 'bot', replay: 1, sink: (beat) => this.#write(beat) });
    out.on('error', () => this.#leave(0));
  }

  /** From now on it may be given a room. */
  ready(): void {
    if (this.#done) return;
    const { clock, heartbeatMs: everyMs } = this.#parts;
    const parts = { bus: this.#bus, clock, everyMs, output: this.#output, rssBytes };
    this.#heartbeat = startHeartbeat({ ...parts, atOnce: true });
  }

  command(command: Command): void {
    if (this.#done) return;
    if (command.type === 'assign') {
      this.#finish();
      this.#parts.onAssign(command.env);
    } else if (command.type === 'shutdown') {
      this.#leave(0);
    } else {
      this.#parts.say(`${command.type} ignored: this bot has no room yet`);
    }
  }

  inputEnded(): void {
    this.#leave(0);
  }

  stop(): void {
    this.#leave(0);
  }

  crash(error: unknown): void {
    this.#parts.say(crashText(error));
    this.#finish();
    // Even if it has a room already: then it can't have gone in.
    this.#over.resolve(1);
  }

  #leave(code: number): void {
    if (this.#done) return;
    this.#finish();
    this.#over.resolve(code);
  }

  #finish(): void {
    this.#done = true;
    this.#heartbeat?.cancel();
  }

  #write(beat: object): void {
    if (this.#writing) {
      this.#output.dropped++;
      return;
    }
    this.#writing = true;
    this.#parts.out.write(`${JSON.stringify(beat)}\n`, () => {
      this.#writing = false;
    });
  }
}
