import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../helpers/daemon.ts';

it('the demo shows events, a violation, requests, and what to try next', { timeout: 60_000 }, async () => {
  const demo = spawn(process.execPath, [join(root, 'scripts/demo.ts'), '--speed', '100'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(demo, 'exit');
  onTestFinished(async () => {
    demo.kill('SIGKILL');
    await exited;
  });
  let shown = '';
  for await (const chunk of demo.stdout.setEncoding('utf8')) {
    shown += chunk;
    if (shown.includes('Ctrl-C stops it')) break;
  }
  for (const part of [
    'room.transcript.received',
    'room.dominance.score',
    'room.message.sent',
    'conversation.policy.violation',
    'supervisor.policy.enforced',
    'PutEvents requests',
    'Try next',
  ]) {
    expect(shown).toContain(part);
  }
  const url = /is serving on (\S+)/.exec(shown)?.[1] ?? '';
  expect(await (await fetch(`${url}/v1/rooms/demo`)).json()).toMatchObject({ stop: { reason: 'bot_done' } });
  // What it says of the console is true: it is there, and so are a meeting in progress and a room to chat in.
  expect(shown).toContain(`${url}/#/rooms/weekly/charts`);
  expect(shown).toContain(`${url}/#/rooms/lobby/chat`);
  const page = await fetch(`${url}/`, { headers: { accept: 'text/html' } });
  expect(await page.text()).toContain('<title>roomd</title>');
  const { rooms } = (await (await fetch(`${url}/v1/rooms?running=true`)).json()) as { rooms: { roomId: string }[] };
  expect(rooms.map(({ roomId }) => roomId)).toEqual(['lobby', 'weekly']);
  demo.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});
