import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ConfigInput } from '../../supervisor/config-schema.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Served {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The bundled supervisor, as it is published, on a free port and a folder of its own; rejects when it doesn't serve. */
export async function serve(config: ConfigInput = {}): Promise<Served> {
  const data = mkdtempSync(join(tmpdir(), 'roomd-bench-'));
  writeFileSync(join(data, 'roomd.yaml'), JSON.stringify(config));
  const child = spawn(process.execPath, [join(root, 'dist/roomd.js'), 'serve', '--port', '0', '--data', data], {
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit').finally(() => {
    process.removeListener('exit', kill);
    rmSync(data, { recursive: true, force: true });
  });
  const url = await new Promise<string>((resolve, reject) => {
    let last = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      last = line;
      if (line.includes('"roomd is serving"')) resolve((JSON.parse(line) as { address: string }).address);
    });
    void exited.then(([code]) => reject(new Error(`roomd ended with ${code} before it served: ${last}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
