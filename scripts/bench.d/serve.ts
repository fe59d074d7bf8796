import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Served {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The bundled supervisor, as it is published, on a free port and an empty folder. */
export async function serve(env: Record<string, string> = {}): Promise<Served> {
  const data = mkdtempSync(join(tmpdir(), 'roomd-bench-'));
  const child = spawn(process.execPath, [join(root, 'dist/roomd.js'), 'serve', '--port', '0', '--data', data], {
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const url = await new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('"roomd is serving"')) resolve((JSON.parse(line) as { address: string }).address);
    });
  });
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export async function spawnRoom(url: string, roomId: string, more: Record<string, unknown> = {}): Promise<void> {
  const response = await fetch(`${url}/v1/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ roomId, ...more }),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  await response.text();
}

export interface Line {
  readonly position?: string;
  readonly envelope?: { readonly roomId: string; readonly topic: string; readonly runtime: string };
}

/** Calls back for each event of the live stream; resolves when the stream is open, with the way to end it. */
export async function listen(url: string, path: string, onLine: (line: Line) => void): Promise<() => void> {
  const stop = new AbortController();
  const response = await fetch(url + path, { headers: { accept: 'application/x-ndjson' }, signal: stop.signal });
  const opened = Promise.withResolvers<void>();
  void (async () => {
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') onLine(JSON.parse(line) as Line);
      opened.resolve();
    }
  })().catch(() => {});
  await opened.promise;
  return () => stop.abort();
}
