import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { client, root, temporaryFolder } from '../helpers/daemon.ts';

const run = promisify(execFile);

it('the package that npm publishes serves a room', { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root });
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toContain('dist/roomd.js');
  // Marks for the next build, of no use to anybody else.
  expect(paths.filter((path) => path.includes('/.'))).toEqual([]);
  await run('tar', ['-xzf', filename], { cwd: folder });
  const home = join(folder, 'package');
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));

  const roomd = (args: readonly string[]) =>
    run(process.execPath, [join(home, 'dist/roomd.js'), ...args], { cwd: folder });
  expect((await roomd(['spec', 'check'])).stdout).toContain('"ok":true');

  const daemon = spawn(process.execPath, [join(home, 'dist/roomd.js'), 'serve', '--port', '0', '--data', 'data'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(daemon, 'exit');
  onTestFinished(async () => {
    daemon.kill('SIGKILL');
    await exited;
  });
  let address = '';
  for await (const line of createInterface({ input: daemon.stderr })) {
    if (!line.includes('"roomd is serving"')) continue;
    address = (JSON.parse(line) as { address: string }).address;
    break;
  }
  daemon.stderr.resume();
  const api = client(address);
  await api.spawn('published');
  await api.until('published', 'assistant.session.started');
  daemon.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
