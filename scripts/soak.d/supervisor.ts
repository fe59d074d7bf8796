import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import type { ForwardStatus } from '../../supervisor/forward/api.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Lines of the supervisor's log that are kept, to say why it ended. */
const KEPT = 20;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_PROFILE: '' };

/** Writes the folder's roomd.yaml: forwarding to that endpoint, whatever else is told. */
export function configure(data: string, endpoint: string, { forward, ...more }: ConfigInput): void {
  const config = { forward: { target: 'eventbridge', region: 'eu-central-1', endpoint, ...forward }, ...more };
  writeFileSync(join(data, 'roomd.yaml'), JSON.stringify(config));
}

/** The bundled `roomd serve`, as it is published, in a process of its own: on a free port, with its data in a folder. */
export class Supervisor {
  readonly process: ChildProcess;
  /** Its address; rejects when it ends before it serves. */
  readonly serving: Promise<string>;
  readonly exited: Promise<number | null>;
  /** The last lines of its log. */
  readonly lines: string[] = [];

  constructor(data: string, onLine: (line: string) => void = () => {}) {
    const command = [join(root, 'dist/roomd.js'), 'serve', '--port', '0', '--data', data];
    const env = { ...process.env, ...CREDENTIALS };
    this.process = spawn(process.execPath, command, { cwd: data, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const kill = () => this.process.kill('SIGKILL');
    process.once('exit', kill);
    this.exited = once(this.process, 'exit').then(([code]) => {
      process.removeListener('exit', kill);
      return code as number | null;
    });
    const serving = Promise.withResolvers<string>();
    this.serving = serving.promise;
    // Whoever kills it before it serves doesn't wait for that.
    this.serving.catch(() => {});
    if (this.process.stderr !== null) {
      createInterface({ input: this.process.stderr }).on('line', (line) => {
        onLine(line);
        if (this.lines.push(line) > KEPT) this.lines.shift();
        if (line.includes('"roomd is serving"')) serving.resolve((JSON.parse(line) as { address: string }).address);
      });
    }
    void this.exited.then((code) => {
      serving.reject(new Error(`roomd ended with ${code} before it served: ${this.lines.join('\n')}`));
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Its exit code; null when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.exited;
  }

  async json<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch((await this.serving) + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  status(): Promise<ForwardStatus> {
    return this.json('/v1/forward');
  }

  post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.json(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

/** What the books say in too much or too little; 0 when they are balanced. */
export function imbalance({ accounting }: Pick<ForwardStatus, 'accounting'>): number {
  const { accepted, ...fates } = accounting;
  return accepted - Object.values(fates).reduce((sum, count) => sum + count, 0);
}
