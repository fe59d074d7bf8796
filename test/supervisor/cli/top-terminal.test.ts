import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Io, Output } from '../../../supervisor/cli/io.ts';
import { openScreen } from '../../../supervisor/cli/top-screen.ts';
import { root } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { roomView, startServer } from '../http/rig.ts';

const SCRIPT = '/usr/bin/script';

function hasScript(): boolean {
  try {
    accessSync(SCRIPT, constants.X_OK);
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

/** A shell in a terminal of its own, which says how the terminal is set before and after the command. */
function terminal(command: string, url: string) {
  const told = `stty rows 20 cols 90; echo "before=$(stty -g)"; ${command}; echo "code=$?"; echo "after=$(stty -g)"`;
  const child = spawn(SCRIPT, ['-qec', told, '/dev/null'], {
    env: { PATH: process.env.PATH ?? '', TERM: 'xterm', SHELL: '/bin/sh', ROOMD_URL: url },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A session of its own: no signal of its terminal reaches the tests.
    detached: true,
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  return {
    type: (keys: string) => child.stdin.write(keys),
    async seen(part: string): Promise<void> {
      while (!text.includes(part)) {
        const [event] = (await Promise.race([once(child.stdout, 'data'), ended])) as unknown[];
        if (!Buffer.isBuffer(event)) throw new Error(`ended without "${part}": ${text}`);
      }
    },
    async text(): Promise<string> {
      await ended;
      return text;
    },
  };
}

it.skipIf(!hasScript()).each([
  ['q', 'q'],
  ['Ctrl-C', '\u0003'],
])('a real terminal is as it was before, after %s', async (_name, key) => {
  const { url, rooms } = await startServer();
  rooms.add(roomView('lobby', { usage: { pssBytes: 31_457_280, cpuShare: 0.5 } }));
  const shell = terminal(`${process.execPath} ${join(root, 'supervisor/main.ts')} top`, url);
  await shell.seen('q quits');
  shell.type(key);
  const text = await shell.text();
  const [, before] = /before=(\S+)/.exec(text) ?? [];
  expect(before).toBeTypeOf('string');
  expect(text).toContain(`\u001b[?7h\u001b[?25h\u001b[?1049lcode=0\r\nafter=${before}\r\n`);
  expect(text.split('\u001b[?1049h')[1]).toContain('30 MiB');
});

it('a terminal that is slow gets only the newest of what it missed', () => {
  const written: string[] = [];
  const listeners = new Map<string, () => void>();
  let isSlow = true;
  const out: Output = {
    isTTY: true,
    write: (text) => {
      written.push(text);
      return !isSlow;
    },
    on: (event, listener) => listeners.set(event, listener),
    once: (event, listener) => listeners.set(event, listener),
    removeListener: (event) => listeners.delete(event),
  };
  const io: Io = { out, err: out, env: {}, cwd: '/', clock: new FakeClock(), signal: new AbortController().signal };
  const screen = openScreen(io, () => undefined);
  for (const line of ['one', 'two', 'three']) screen.draw([line]);
  expect(written.slice(1)).toEqual(['\u001b[Hone\u001b[K\u001b[J']);
  isSlow = false;
  listeners.get('drain')?.();
  expect(written.slice(2)).toEqual(['\u001b[Hthree\u001b[K\u001b[J']);
  expect([screen.columns, screen.rows]).toEqual([120, 24]);
  screen.close();
  screen.close();
  screen.draw(['late']);
  expect(written.slice(3)).toEqual(['\u001b[?7h\u001b[?25h\u001b[?1049l']);
  expect([...listeners.keys()]).toEqual([]);
});
