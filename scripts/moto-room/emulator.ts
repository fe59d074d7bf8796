import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('serve.py', import.meta.url));
/** Where `install_moto` of scripts/lib.sh puts it; the stamp is written last. */
const venv = fileURLToPath(new URL('../../.venv/moto', import.meta.url));
export const haveMoto: boolean = existsSync(`${venv}/.requirements`);

export interface Emulator {
  /** Such as `http://127.0.0.1:5555`. */
  readonly endpoint: string;
  readonly process: ChildProcess;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<unknown>;
}

const LAST_LINES = 10;

/** Starts moto on a port of the loopback, 0 being any that is free. Throws, with moto's last words, if it ends. */
export async function startMoto(port = 0): Promise<Emulator> {
  const child = spawn(`${venv}/bin/python`, [server, String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const last: string[] = [];
  const endpoint = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    });
    exited.then(([code]) => reject(new Error(`moto ended with code ${code}: ${last.join('\n')}`)), reject);
  });
  return { endpoint, process: child, exited };
}
