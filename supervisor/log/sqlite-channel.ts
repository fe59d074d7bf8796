import { Worker } from 'node:worker_threads';
import { DiskFullError, LogClosedError, LogOpenError } from './errors.ts';
import type { Answer, Call, Calls, Opened, StoreOptions } from './sqlite-protocol.ts';

// In the published bundle the worker lies beside it; in the checkout Node strips the types itself.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: Error) => void;
}

export interface ChannelListener {
  /** The worker ended though nobody asked it to; every call rejects from then on. */
  onFatal(error: Error): void;
  /** So many bytes of ballast are there now. */
  onBallast(held: number): void;
}

/** Calls to the worker that owns the database. It answers one after another, in order. */
export class SqliteChannel {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened = Promise.withResolvers<Opened>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #listener: ChannelListener;
  #number = 0;
  #closing = false;
  #end: Error | undefined;

  constructor(options: StoreOptions, listener: ChannelListener) {
    this.#listener = listener;
    this.#worker = new Worker(WORKER, {
      name: 'roomd-log',
      workerData: options,
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // A group is copied, written and forgotten: a large nursery would only cost memory.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    });
    this.#worker.on('message', (answer: Answer) => this.#receive(answer));
    this.#worker.on('error', (error) => this.#over(new LogClosedError(`the log's worker failed: ${error.message}`)));
    this.#worker.on('exit', (code) => {
      this.#over(new LogClosedError(`the log's worker ended with code ${code}`));
      this.#ended.resolve();
    });
  }

  /** Resolves when the database is open. Rejects with LogOpenError when it can't be. */
  opened(): Promise<Opened> {
    return this.#opened.promise;
  }

  call<K extends keyof Calls>(kind: K, request: Calls[K]['request']): Promise<Calls[K]['reply']> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const { promise, resolve, reject } = Promise.withResolvers<Calls[K]['reply']>();
    this.#number += 1;
    this.#waiting.set(this.#number, { resolve, reject });
    const call: Call<K> = { number: this.#number, kind, request };
    this.#worker.postMessage(call);
    return promise;
  }

  /** Closes the database and ends the worker. What was called before is answered first. */
  async close(): Promise<void> {
    if (this.#end === undefined) {
      this.#closing = true;
      await this.call('close', null).catch(() => undefined);
    }
    await this.#ended.promise;
  }

  #receive(answer: Answer): void {
    if ('opened' in answer) {
      this.#opened.resolve(answer.opened);
    } else if ('refused' in answer) {
      this.#closing = true;
      this.#opened.reject(new LogOpenError(answer.refused));
    } else if ('ballast' in answer) {
      this.#listener.onBallast(answer.ballast);
    } else {
      const waiting = this.#waiting.get(answer.number);
      this.#waiting.delete(answer.number);
      if ('error' in answer) waiting?.reject(answer.full ? new DiskFullError(answer.error) : new Error(answer.error));
      // The worker answers a call with its own kind of reply: Calls is the contract.
      else waiting?.resolve(answer.reply as never);
    }
  }

  #over(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = this.#closing ? new LogClosedError('the log is closed') : error;
    this.#opened.reject(this.#end);
    // Before the calls reject, so that a commit among them isn't taken for one that may be tried again.
    if (!this.#closing) this.#listener.onFatal(this.#end);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#end);
    this.#waiting.clear();
  }
}
