import type { Command } from '../../../../spec/command.ts';
import { newId } from '../../../../supervisor/base/ids.ts';
import type { Child, ChildListener, Exit, LaunchSpec } from '../../../../supervisor/child/port.ts';
import type { FakeClock } from '../../../helpers/fake-clock.ts';

const BEAT_MS = 15_000;
export const HEARTBEAT: string = JSON.stringify({
  id: newId(),
  ts: 1_700_000_000_000,
  topic: 'bot.health.heartbeat',
  specVersion: `sha256:${'0'.repeat(64)}`,
  runtime: 'bot',
  payload: { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 },
});

/** A process that does what the test says. Told to shut down it obeys, unless it is `deaf`. */
export class FakeChild implements Child {
  readonly pid: number;
  readonly runId: string | undefined;
  readonly exited: Promise<Exit>;
  readonly commands: Command[] = [];
  readonly unread = 0;
  alive = true;
  isReady = false;
  deaf = false;
  /** Whether it goes on beating; once false, for good. */
  heart = true;
  readonly #clock: FakeClock;
  readonly #listener: ChildListener;
  #resolve: (exit: Exit) => void = () => {};

  constructor(pid: number, spec: LaunchSpec, listener: ChildListener, clock: FakeClock) {
    this.pid = pid;
    this.runId = spec.env.ROOMD_RUN_ID;
    this.#clock = clock;
    this.#listener = listener;
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get toldToLeave(): boolean {
    return this.commands.some(({ type }) => type === 'shutdown');
  }

  ready(): void {
    if (this.isReady) return;
    this.isReady = true;
    this.#beat();
  }

  say(line: string): void {
    this.#listener.onLine(line);
  }

  exit(code: number | null, signal: string | null = null): void {
    if (!this.alive) return;
    this.alive = false;
    this.#resolve({ code, signal });
  }

  send(command: Command): boolean {
    if (!this.alive) return false;
    this.commands.push(command);
    if (command.type === 'shutdown' && !this.deaf) this.exit(0);
    return true;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (signal === 'SIGKILL' || !this.deaf) this.exit(null, signal);
  }

  acknowledge(): void {}
  pause(): void {}
  resume(): void {}

  #beat(): void {
    if (!this.alive || !this.heart) return;
    this.say(HEARTBEAT);
    this.#clock.after(BEAT_MS, () => this.#beat());
  }
}
