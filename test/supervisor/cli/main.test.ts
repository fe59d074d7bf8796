import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { root, temporaryFolder } from '../../helpers/daemon.ts';
import { startServer } from '../http/rig.ts';

/** The program itself, as a process. */
function roomd(argv: string[], env: Record<string, string> = {}, cwd = root) {
  const child = spawn(process.execPath, [join(root, 'supervisor/main.ts'), ...argv], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }) as const);
  return { child, text, ended };
}

async function said(child: ChildProcess, text: { err: string }, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(text.err);
    if (found) return found;
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${text.err}`);
    if (child.stderr) await Promise.race([once(child.stderr, 'data'), once(child, 'close')]);
  }
}

describe('the program', () => {
  it('ends with 0, 1 or 2', async () => {
    const { url, server } = await startServer();
    expect(await roomd(['ls'], { ROOMD_URL: url }).ended).toMatchObject({ code: 0, out: '', err: '' });
    await server.close();
    expect(await roomd(['ls'], { ROOMD_URL: url }).ended).toMatchObject({
      code: 1,
      err: expect.stringContaining('no roomd'),
    });
    expect(await roomd(['nope']).ended).toMatchObject({ code: 2 });
    expect(await roomd(['--version']).ended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('tail ends cleanly on Ctrl-C', async () => {
    const { url, append } = await startServer();
    await append({});
    const { child, ended } = roomd(['tail', '--from', 'start'], { ROOMD_URL: url });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
  });

  it('tail ends cleanly when nobody reads any more', async () => {
    const { url, append } = await startServer();
    await append({});
    const { child, ended } = roomd(['tail', '--from', 'start'], { ROOMD_URL: url });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await append({});
    expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
  });

  it('serve says where it is, answers, and ends with 0 on SIGTERM', async () => {
    const cwd = await temporaryFolder();
    const argv = ['serve', '--port', '0', '--data', 'kept', '--dry-run'];
    const { child, text, ended } = roomd(argv, { ROOMD_FORWARD_TARGET: 'eventbridge', ROOMD_FORWARD_REGION: 'x' }, cwd);
    const [, address] = await said(child, text, /"address":"([^"]+)"/);
    expect(await (await fetch(`${address}/health`)).json()).toMatchObject({ status: 'ok' });
    child.kill('SIGTERM');
    const { code, out, err } = await ended;
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain(`"data":"${join(cwd, 'kept')}","target":"dry-run/`);
    expect(err).toContain('"cause":"SIGTERM"');
    expect(err).toContain('roomd has stopped');
  });

  it('serve refuses a wrong configuration and a port that is taken', async () => {
    const data = await temporaryFolder();
    const { url } = await startServer();
    const { port } = new URL(url);
    expect(await roomd(['serve', '--data', data], { ROOMD_ROOMS_MAX: 'many' }, data).ended).toMatchObject({
      code: 1,
      err: expect.stringContaining('rooms.max'),
    });
    expect(await roomd(['serve', '--data', data, '--port', port], {}, data).ended).toMatchObject({
      code: 1,
      err: expect.stringContaining(`expected port ${port} of 127.0.0.1 to be free`),
    });
  });
});
