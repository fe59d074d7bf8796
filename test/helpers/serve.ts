import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { type Client, client, root } from './daemon.ts';
import { assertDiscreet } from './overheard.ts';

export interface Served extends Client {
  readonly process: ChildProcess;
  /** What it wrote to its log so far. */
  readonly lines: string[];
  /** Sends the signal and waits for the end; the exit code, or null. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * `roomd serve` as a process of its own, on a free port; killed with the test if it is still there. `prefix` is a command
 * that runs another one.
 */
export async function serve(
  data: string,
  args: readonly string[] = [],
  prefix: readonly string[] = [],
): Promise<Served> {
  const roomd = [process.execPath, join(root, 'supervisor/main.ts'), 'serve', '--port', '0', '--data', data, ...args];
  const [program = '', ...command] = [...prefix, ...roomd];
  const child = spawn(program, command, {
    cwd: data,
    // 32 MiB a test would be a lot of writing.
    env: { ROOMD_LOG_BALLAST: '0', LOG_LEVEL: 'debug', ...process.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    assertDiscreet(lines.join('\n'));
  });
  const lines: string[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.includes('"roomd is serving"')) resolve((JSON.parse(line) as { address: string }).address);
    });
    void exited.then(([code]) => reject(new Error(`roomd ended with ${code}: ${lines.join('\n')}`)));
  });
  return {
    ...client(address),
    process: child,
    lines,
    async end(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
