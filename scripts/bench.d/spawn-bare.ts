import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds from spawn to the first line of a bare `node -e`. */
export async function bareNode(): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, ['-e', 'console.log(1)'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const ms = performance.now() - start;
  await once(child, 'exit');
  return ms;
}

/** Runs while a bare `node -e` is alive that has written a line. */
export async function besideBareNode<T>(use: (pid: number) => T): Promise<T> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const result = use(child.pid ?? 0);
  child.kill();
  await once(child, 'exit');
  return result;
}
