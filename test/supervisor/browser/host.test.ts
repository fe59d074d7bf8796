import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { findBrowser } from '../../../supervisor/browser/find.ts';
import { startHost } from '../../../supervisor/browser/host/host.ts';
import type { HostReport, HostSettings } from '../../../supervisor/browser/host-protocol.ts';
import { describeInBrowser } from '../../browser/browser.ts';
import { root, temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { callUp, type Said } from './bot-side.ts';
import { testFiles } from './hosted.ts';

const SLOW = { timeout: 60_000 };

interface HostRun {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown[]>;
  readonly folder: string;
  readonly socket: string;
  said(key: string): Promise<Said>;
}

/** The process itself, from the bundle that is published, without a supervisor. */
async function runHost(changes: Partial<HostSettings> = {}): Promise<HostRun> {
  const top = await temporaryFolder();
  const [folder, socket] = [join(top, 'own'), join(top, 'pages')];
  await mkdir(folder);
  const settings: HostSettings = {
    ...{ folder, socket, browser: '', args: [], share: true, sandbox: process.getuid?.() !== 0, maxPages: 5 },
    files: testFiles,
    ...changes,
  };
  const browser = settings.browser || findBrowser(undefined, process.env.PATH);
  const args = [join(root, 'dist/browser-host.js'), JSON.stringify({ ...settings, browser })];
  const host = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, TMPDIR: folder },
  });
  onTestFinished(() => void host.kill('SIGKILL'));
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  return {
    process: host,
    exited: once(host, 'exit'),
    folder,
    socket,
    async said(key) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`expected ${key}, got the end`);
        const report = JSON.parse(value) as Said;
        if (Object.hasOwn(report, key)) return report;
      }
    },
  };
}

it('says that it is alive until it is stopped, whatever becomes of its browser', async () => {
  const clock = new FakeClock();
  const said: HostReport[] = [];
  const folder = await temporaryFolder();
  const settings = { folder, socket: join(folder, 'pages'), browser: '/nowhere/chromium', args: [], share: true };
  const { ready, stop } = startHost(
    { ...settings, sandbox: true, maxPages: 1, files: testFiles },
    { clock, say: (report) => said.push(report), complain() {} },
  );
  await expect(ready).rejects.toThrow('/nowhere/chromium');
  await clock.pass(30_000);
  expect(said).toEqual([{ alive: true }, { alive: true }]);
  await stop();
  expect(clock.waiting).toBe(0);
});

describeInBrowser('the process that has the browsers', () => {
  it.each<[string, (host: ChildProcess) => void]>([
    ['it is told to', (host) => void host.kill('SIGTERM')],
    ['nobody holds its standard input any more', (host) => host.stdin?.end()],
  ])('ends with everything that is its own when %s', SLOW, async (_, end) => {
    const { process: host, exited, folder, socket, said } = await runHost();
    expect(await said('browser')).toMatchObject({ browser: 'started', pid: expect.any(Number) });
    expect(await said('ready')).toEqual({ ready: true });
    const bot = await callUp(socket);
    expect(await bot.next()).toEqual({ host: 'ready' });
    expect((await readdir(folder)).length).toBeGreaterThan(0);
    end(host);
    expect(await bot.next()).toEqual({ host: 'crashed', reason: 'the browsers are being ended' });
    expect(await said('browser')).toEqual({ browser: 'ended' });
    expect(await exited).toEqual([0, null]);
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says what is wrong, and ends', SLOW, async () => {
    const files = { ...testFiles, script: '/nowhere/page.js' };
    const { exited, said, folder } = await runHost({ files });
    expect(await said('problem')).toEqual({ problem: expect.stringContaining('/nowhere/page.js') });
    expect(await exited).toEqual([1, null]);
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves the socket of its successor alone', SLOW, async () => {
    const first = await runHost();
    await first.said('ready');
    const second = await runHost({ socket: first.socket });
    await second.said('ready');
    const ours = await callUp(first.socket);
    expect(await ours.next()).toEqual({ host: 'ready' });
    first.process.stdin?.end();
    expect(await first.exited).toEqual([0, null]);
    expect(await ours.ask('echo', { value: 1 })).toBe(1);
    expect(await (await callUp(first.socket)).next()).toEqual({ host: 'ready' });
  });
});
