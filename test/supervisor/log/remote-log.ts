import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { ChildCalls } from './log-child.ts';

const child = fileURLToPath(new URL('./log-child.ts', import.meta.url));

export interface Happening {
  readonly happened: 'opened' | 'failed' | 'recovered' | 'ballast' | 'answered';
  readonly reason?: string;
  readonly held?: number;
  readonly last?: number;
  readonly n?: number;
}

/** A log in a process of its own; `prefix` is the command that it runs under. Killed with the test. */
export class RemoteLog {
  /** In their order, the answers to calls among them. */
  readonly happenings: Happening[] = [];
  readonly exited: Promise<unknown>;
  readonly #process: ReturnType<typeof spawn>;
  readonly #answers = new Map<number, PromiseWithResolvers<never>>();
  #news = Promise.withResolvers<void>();
  #n = 0;

  constructor(prefix: readonly string[], folder: string, ballast = 0) {
    const [program = '', ...args] = [...prefix, process.execPath, child, folder, String(ballast)];
    // A group of its own, so that nothing in between can keep the log alive.
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    // Not its exit alone: under a tracer, that one goes first.
    this.exited = once(this.#process, 'close');
    onTestFinished(() => this.kill());
    if (this.#process.stdout === null) throw new Error('expected a pipe');
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      if ('happened' in message) this.happenings.push(message);
      else {
        this.happenings.push({ happened: 'answered', n: message.n });
        const answer = this.#answers.get(message.n);
        if ('error' in message) answer?.reject(new Error(message.error));
        else answer?.resolve(message.value as never);
      }
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    });
  }

  call<K extends keyof ChildCalls>(
    call: K,
    ...args: Parameters<ChildCalls[K]>
  ): Promise<Awaited<ReturnType<ChildCalls[K]>>> {
    this.#n += 1;
    const answer = Promise.withResolvers<never>();
    // Killed, it answers no more; what nobody awaits must not fail the test.
    answer.promise.catch(() => {});
    this.#answers.set(this.#n, answer);
    this.#process.stdin?.write(`${JSON.stringify({ n: this.#n, call, args })}\n`);
    return answer.promise;
  }

  /** Resolves with the first of what happened from index `from` on that passes. */
  async until(passes: (happening: Happening) => boolean, from = 0): Promise<Happening> {
    for (;;) {
      const found = this.happenings.slice(from).find(passes);
      if (found !== undefined) return found;
      await this.#news.promise;
    }
  }

  has(happened: Happening['happened'], from = 0): Promise<Happening> {
    return this.until((one) => one.happened === happened, from);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    process.kill(-pid, 'SIGKILL');
    await this.exited;
  }
}
