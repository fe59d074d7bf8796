import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './serve.ts';

export interface Orders {
  /** Milliseconds until so many processes wait for a job. */
  fill: [{ count: number }, number];
  /** Milliseconds from its launchJob to the agent's entry: `empty` imports nothing, `documented` the package. */
  cold: [{ agent: 'empty' | 'documented' }, number];
  warm: [Record<string, never>, number];
  /** Of the processes that wait. */
  pids: [Record<string, never>, number[]];
  close: [Record<string, never>, undefined];
}

/** The process pool of @livekit/agents, in a process of its own as in production. `./scripts/bench` installs it. */
export class Peer {
  readonly #child: ChildProcess;

  /** Undefined where it isn't installed. */
  static start(): Peer | undefined {
    const installed = existsSync(join(root, '.venv/peers/node_modules/@livekit/agents/package.json'));
    return installed ? new Peer() : undefined;
  }

  private constructor() {
    this.#child = fork(join(root, 'scripts/bench.d/peers/livekit-pool.mjs'), { execArgv: [] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One at a time. Rejects when it ends instead. */
  async order<K extends keyof Orders>(order: K, args: Orders[K][0]): Promise<Orders[K][1]> {
    const done = new AbortController();
    const { signal } = done;
    const answered = once(this.#child, 'message', { signal });
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`@livekit/agents: ${order}: its process ended with ${code}`);
    });
    this.#child.send({ order, ...args });
    try {
      const [message] = (await Promise.race([answered, ended])) as [{ answer: Orders[K][1] }];
      return message.answer;
    } finally {
      done.abort();
      for (const loser of [answered, ended]) loser.catch(() => {});
    }
  }

  async stop(): Promise<void> {
    await this.order('close', {});
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}
