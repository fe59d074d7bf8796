import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The file's name is the client's: it asks for it in the folder that it is given. */
export const BUNDLE = 'call-machine-object-bundle.js';
export const ANY_ORIGIN = { 'access-control-allow-origin': '*' };

let made: Promise<string> | undefined;

/** The machine's script, built once a process. */
export function machineBundle(): Promise<string> {
  made ??= build({
    entryPoints: [fileURLToPath(new URL('./machine/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'chrome120',
    minify: true,
    logLevel: 'warning',
  }).then(({ outputFiles: [file] }) => file?.text ?? '');
  return made;
}

export type BundleAnswer = 'served' | 404 | 500 | 'hang';

/** Answers those who ask for the script. */
export class Bundles {
  requests = 0;
  readonly #script: string;
  readonly #hanging = new Set<ServerResponse>();
  readonly #waiting = new Set<() => void>();
  #answer: BundleAnswer = 'served';

  constructor(script: string) {
    this.#script = script;
  }

  get answer(): BundleAnswer {
    return this.#answer;
  }

  set answer(answer: BundleAnswer) {
    this.#answer = answer;
    for (const response of this.#hanging) response.destroy();
    this.#hanging.clear();
  }

  ask(response: ServerResponse): void {
    this.requests += 1;
    if (this.#answer === 'hang') this.#hanging.add(response);
    else if (this.#answer !== 'served') response.writeHead(this.#answer, ANY_ORIGIN).end();
    else response.writeHead(200, { ...ANY_ORIGIN, 'content-type': 'text/javascript' }).end(this.#script);
    for (const look of [...this.#waiting]) look();
  }

  asked(times: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.requests < times) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
