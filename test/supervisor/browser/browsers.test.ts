import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { describeInBrowser } from '../../browser/browser.ts';
import { root, temporaryFolder } from '../../helpers/daemon.ts';
import { gone, isAlive } from '../../helpers/processes.ts';
import { callUp } from './bot-side.ts';
import { groupOf, membersOf, openHosted } from './hosted.ts';

const SLOW = { timeout: 60_000 };

describeInBrowser('browser pages for bots', () => {
  it('gives each connection a page with the client in it', SLOW, async () => {
    const { browsers, page, metric, folder, saw } = await openHosted();
    const bot = await page();
    expect(await bot.ask('client')).toBe('function');
    expect(await bot.ask('echo', { value: 'ä€😀' })).toBe('ä€😀');
    expect(browsers.socket).toBe(join(folder, 'pages'));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(browsers.socket)).mode & 0o777).toBe(0o600);
    expect(await metric('browser_pages')).toBe(1);
    expect(await metric('browser_starts_total')).toBe(1);
    expect((await saw('browser started')).version).toMatch(/^\d+\./);
  });

  it('runs the client as it is installed and our script as it is built', SLOW, async () => {
    const { browsers } = await openHosted({ files: undefined });
    await browsers.ready();
    const bot = await callUp(browsers.socket);
    expect(await bot.next()).toEqual({ host: 'ready' });
    // There is no call to leave.
    const id = bot.tell('leave');
    expect(await bot.until((line) => line.done === id || line.failed === id)).toBeDefined();
  });

  it('lives in a folder whose path is longer than the address of a socket', SLOW, async () => {
    const top = await temporaryFolder();
    const folder = join(top, 'a'.repeat(200), 'browser');
    const { browsers } = await openHosted({ folder });
    await browsers.ready();
    await symlink(folder, join(top, 'short'));
    const bot = await callUp(join(top, 'short/pages'));
    expect(await bot.next()).toEqual({ host: 'ready' });
    expect(await bot.ask('echo', { value: 1 })).toBe(1);
  });

  it('keeps pages from each other', SLOW, async () => {
    const { page } = await openHosted();
    const [one, other] = [await page(), await page()];
    await one.ask('keep', { value: 'mine' });
    expect(await one.ask('look')).toEqual(['mine', 'kept=mine', 'mine', 'mine']);
    expect(await other.ask('look')).toEqual([null, '', null, null]);
    // Nor does anything stay for the next one.
    one.hangUp();
    expect(await (await page()).ask('look')).toEqual([null, '', null, null]);
  });

  it('has twenty pages in one browser', SLOW, async () => {
    const { page, metric, browsers } = await openHosted();
    await browsers.ready();
    const bots = await Promise.all(Array.from({ length: 20 }, page));
    const said = await Promise.all(bots.map((bot, value) => bot.ask('echo', { value })));
    expect(said).toEqual(bots.map((_, i) => i));
    expect(await metric('browser_pages')).toBe(20);
    expect(await metric('browser_starts_total')).toBe(1);
  });

  it('has a browser for each page where none is to be shared', SLOW, async () => {
    const { page, saw } = await openHosted({ share: false });
    const [one, other] = [await page(), await page()];
    const [first, second] = [await saw('browser started'), await saw('browser started', 1)];
    expect(first.pid).not.toBe(second.pid);
    one.hangUp();
    await saw('browser ended');
    const pids = [Number(first.pid), Number(second.pid)];
    await Promise.race(pids.map(gone));
    expect(pids.filter(isAlive).length).toBe(1);
    expect(await other.ask('echo', { value: 1 })).toBe(1);
  });

  it('closes the page whose bot has hung up, even one that hangs', SLOW, async () => {
    const { page, saw, metric } = await openHosted();
    const stays = await page();
    const pid = Number((await saw('browser started')).pid);
    const bot = await page();
    const before = await renderers(pid);
    expect(before).toBeGreaterThanOrEqual(2);
    bot.tell('hang');
    bot.socket.end();
    while ((await renderers(pid)) >= before) await new Promise(setImmediate);
    while ((await metric('browser_pages')) > 1) await new Promise(setImmediate);
    expect(await stays.ask('echo', { value: 1 })).toBe(1);
  });

  it('ends with a page that says too much, and with that alone', SLOW, async () => {
    const { page, metric, logged } = await openHosted();
    const [stays, floods] = [await page(), await page()];
    // More than its bucket holds, whatever a busy machine lets leak out meanwhile.
    floods.tell('flood', { lines: 200, bytes: 250_000 });
    const last = await floods.until(({ host }) => host === 'crashed');
    expect(last.reason).toMatch(/says too much|doesn't read/);
    await floods.closed;
    expect(await stays.ask('echo', { value: 1 })).toBe(1);
    expect(await metric('browser_crashes_total')).toBe(1);
    expect(JSON.stringify(logged)).not.toContain('xxx');
  });

  it('ends with a page that says a line too long', SLOW, async () => {
    const { page } = await openHosted();
    const bot = await page();
    bot.tell('flood', { lines: 1, bytes: 300_000 });
    expect(await bot.next()).toEqual({ host: 'crashed', reason: expect.stringContaining('expected at most 262144') });
  });

  it('tells each bot when the browser has crashed, and starts another one', SLOW, async () => {
    const { page, saw, metric } = await openHosted();
    const bots = [await page(), await page()];
    const pid = Number((await saw('browser started')).pid);
    process.kill(pid, 'SIGKILL');
    for (const bot of bots) {
      expect(await bot.next()).toEqual({ host: 'crashed', reason: expect.stringMatching(/closed|crashed/) });
      expect(await bot.next()).toBeUndefined();
      await bot.closed;
    }
    await saw('browser has crashed: it is started again for the next page');
    expect(await (await page()).ask('echo', { value: 1 })).toBe(1);
    expect((await saw('browser started', 1)).pid).not.toBe(pid);
    expect(await metric('browser_starts_total')).toBe(2);
  });

  it('starts a host that was killed anew, and leaves nothing of the old one', SLOW, async () => {
    const { page, saw, folder, browsers } = await openHosted();
    const bot = await page();
    const host = Number((await saw('browser host started')).pid);
    const browser = Number((await saw('browser started')).pid);
    const group = await groupOf(browser);
    expect((await membersOf(group)).size).toBeGreaterThan(2);
    process.kill(host, 'SIGKILL');
    await bot.closed;
    await gone(browser);
    // Nobody asks for it: rooms had pages, and will connect again.
    await saw('browser started', 1);
    expect(await (await page()).ask('echo', { value: 1 })).toBe(1);
    expect((await readdir(folder)).length).toBe(2);
    await browsers.stop();
    expect(await readdir(folder)).toEqual([]);
    expect(await membersOf(group)).toEqual(new Map());
  });

  it('removes what an earlier start has left, and nothing runs from there', SLOW, async () => {
    const folder = join(await temporaryFolder(), 'browser');
    await mkdir(join(folder, 'old/profile'), { recursive: true });
    await writeFile(join(folder, 'old/profile/Cookies'), 'x');
    // Chromium in a folder of that kind, whose host is no more.
    const straggler = spawn('sleep', ['1000'], { argv0: `--user-data-dir=${folder}/old/profile`, stdio: 'ignore' });
    const ended = once(straggler, 'exit');
    const { browsers } = await openHosted({ folder });
    straggler.kill('SIGTERM');
    await ended;
    await browsers.ready();
    expect(await readdir(folder)).not.toContain('old');
    await browsers.stop();
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends when the supervisor has gone, and its browser with it', SLOW, async () => {
    const folder = join(await temporaryFolder(), 'browser');
    const supervisor = spawn(process.execPath, [join(root, 'test/supervisor/browser/lone-supervisor.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void supervisor.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: supervisor.stdout }), 'line')) as [string];
    const { host, browser } = JSON.parse(line) as { host: number; browser: number };
    expect([isAlive(host), isAlive(browser)]).toEqual([true, true]);
    const bot = await callUp(join(folder, 'pages'));
    expect(await bot.next()).toEqual({ host: 'ready' });
    supervisor.kill('SIGKILL');
    await bot.closed;
    await Promise.all([gone(host), gone(browser)]);
    // Its own folder it has removed itself.
    expect((await readdir(folder)).filter((name) => name !== 'pages')).toEqual([]);
  });

  it('stops before it was ready, twice, and starts no more', SLOW, async () => {
    const { browsers, folder } = await openHosted();
    const ready = browsers.ready();
    const [first, second] = [browsers.stop(), browsers.stop()];
    expect(first).toBe(second);
    await expect(ready).rejects.toThrow('this supervisor is stopping');
    await first;
    await expect(browsers.ready()).rejects.toMatchObject({ name: 'BrowserError' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops in the midst of a start', SLOW, async () => {
    const { browsers, folder, saw } = await openHosted();
    const ready = browsers.ready();
    const host = Number((await saw('browser host started')).pid);
    await browsers.stop();
    await expect(ready).rejects.toMatchObject({ name: 'BrowserError' });
    expect(isAlive(host)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells a bot that there are no more pages', SLOW, async () => {
    const { page, browsers, metric } = await openHosted({ maxPages: 1 });
    const one = await page();
    const other = await callUp(browsers.socket);
    expect(await other.next()).toEqual({ host: 'refused', reason: expect.stringContaining('expected at most 1 page') });
    await other.closed;
    expect(await metric('browser_pages_refused_total')).toBe(1);
    one.hangUp();
    while ((await metric('browser_pages')) > 0) await new Promise(setImmediate);
    await page();
  });

  it('says what is wrong with a browser that is none', SLOW, async () => {
    const { browsers, saw, metric } = await openHosted({ path: '/bin/false' });
    const ready = browsers.ready();
    await expect(ready).rejects.toMatchObject({ name: 'BrowserError' });
    await expect(ready).rejects.toThrow(/^\/bin\/false: expected a Chromium .*exitCode=1.*connectors\.daily\.browser/);
    // It has said why: that is no crash.
    await saw('browser host ended');
    expect(await metric('browser_crashes_total')).toBe(0);
  });

  it('says which arguments no browser can be started with', SLOW, async () => {
    const { browsers } = await openHosted({ args: ['--remote-debugging-pipe'] });
    await expect(browsers.ready()).rejects.toThrow(/Playwright manages remote debugging.*args/);
  });

  it.skipIf(process.getuid?.() !== 0)('says what a sandbox needs', SLOW, async () => {
    const { browsers } = await openHosted({ sandbox: true });
    await expect(browsers.ready()).rejects.toThrow(
      /could not build its sandbox: .*connectors\.daily\.browser\.sandbox/,
    );
  });

  it('writes what pages complain about where it is told, without what it must not say', SLOW, async () => {
    const { page, complaints, logged } = await openHosted();
    const bot = await page();
    await bot.ask('complain', { text: `no answer of https://a.example/b?t=sesame ${'x'.repeat(10_000)}` });
    while (complaints.length === 0) await new Promise(setImmediate);
    expect(complaints[0]).toMatch(/^page: no answer of https:\/\/a\.example\/b\?\[redacted\] x+…$/);
    expect(complaints[0]?.length).toBeLessThan(600);
    expect(JSON.stringify(logged)).not.toContain('no answer');
  });
});

async function renderers(browser: number): Promise<number> {
  return [...(await membersOf(await groupOf(browser))).values()].filter((line) => line.includes('--type=renderer'))
    .length;
}
