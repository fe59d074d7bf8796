import { describe, expect, it } from 'vitest';
import { roomView, STOPPED, startServer } from '../http/rig.ts';
import { type CallOptions, call, passing, start } from './rig.ts';

const POLL_MS = 100;

describe('the limits of a room', () => {
  it.each([
    [['--idle-timeout', '90s'], { idleTimeout: 90_000 }],
    [['--max-duration', '2h', '--memory', '256MiB'], { maxDuration: 7_200_000, memory: 268_435_456 }],
    [['--max-duration', '500', '--memory', '1048576'], { maxDuration: 500, memory: 1_048_576 }],
  ])('%j', async (argv, limits) => {
    const { url, rooms } = await startServer();
    expect((await call(['spawn', 'a', ...argv], { url })).err.text).toBe('');
    expect(rooms.requests.map((request) => request.limits)).toEqual([limits]);
  });

  it.each([
    ['--idle-timeout', 'soon', 'body/limits/idleTimeout: expected a duration'],
    ['--max-duration', '40d', 'body/limits/maxDuration: expected a duration above 0 and of at most 24d'],
    ['--memory', 'much', 'body/limits/memory: expected a size such as 512MiB'],
  ])('%s %s is refused with what was expected', async (option, value, message) => {
    const { url, rooms } = await startServer();
    const { code, err } = await call(['spawn', 'a', option, value], { url });
    expect([code, err.text, rooms.requests]).toEqual([1, expect.stringContaining(message), []]);
  });
});

it.each([
  [0.2, '1 s'],
  [90, '1 min'],
])('a refusal for the time being says when to try again: after %i s', async (retryAfterSeconds, said) => {
  const { url, rooms } = await startServer();
  rooms.nextSpawn = { kind: 'full', detail: 'all 200 rooms are taken (rooms.max)', retryAfterSeconds };
  const { code, err } = await call(['spawn', 'a'], { url });
  expect(code).toBe(1);
  expect(err.lines).toEqual([
    `roomd: No room can be started at the moment: all 200 rooms are taken (rooms.max); try again in ${said}`,
  ]);
});

describe('roomd spawn --wait', () => {
  /** Rooms that go on by a view a look. */
  async function rig(...views: ReturnType<typeof roomView>[]) {
    const server = await startServer();
    server.rooms.get = async () => (views.length > 1 ? views.shift() : views[0]);
    return server;
  }

  async function wait(options: CallOptions) {
    const command = start(['spawn', 'a', '--wait'], options);
    return { ...command, code: await passing(command, POLL_MS) };
  }

  const joining = roomView('a', { state: 'joining' });
  const failed = roomView('a', { state: 'failed', pid: null, stop: STOPPED });

  it('ends when the room is live', async () => {
    const person = await wait({ url: (await rig(joining, joining, roomView('a'))).url, tty: true });
    expect([person.code, person.out.lines]).toEqual([0, ['a is live']]);
    expect(person.err.lines).toEqual(['a is starting', 'a is joining']);
    const program = await wait({ url: (await rig(joining, roomView('a'))).url });
    expect([program.code, JSON.parse(program.out.text), program.err.text]).toEqual([0, roomView('a'), '']);
  });

  it('does not ask about a room that is live already', async () => {
    const { url, rooms } = await startServer();
    rooms.nextSpawn = { kind: 'existing', room: roomView('a') };
    rooms.get = () => Promise.reject(new Error('asked'));
    expect((await wait({ url })).code).toBe(0);
  });

  it('ends with 1, why, and the last words when it fails, however long it tries', async () => {
    const again = roomView('a', { state: 'backing_off', pid: null });
    const said = [
      'roomd: expected a to be live, and it is failed: crash_loop (code 1)',
      '  last words',
      '    a secret',
      '    another',
    ];
    const person = await wait({ url: (await rig(joining, again, joining, failed)).url, tty: true });
    expect([person.code, person.out.text, person.err.lines.slice(-4)]).toEqual([1, '', said]);
    const program = await wait({ url: (await rig(again, failed)).url });
    expect([program.code, JSON.parse(program.out.text), program.err.lines]).toEqual([1, failed, said]);
  });

  it('cannot be made to move the cursor by what a bot said last', async () => {
    const stop = { ...STOPPED, stderr: ['\u001b[2Jgone'] } as typeof STOPPED;
    const { err } = await wait({ url: (await rig({ ...failed, stop })).url });
    expect(err.text).toContain(' [2Jgone');
    expect(err.text).not.toContain('\u001b');
  });

  it.each([
    ['bot_done', 0],
    ['requested', 1],
  ] as const)('a room that ended by %s before anybody saw it live: %i', async (reason, code) => {
    const stop = { reason, code: 0, signal: null, stderr: [] };
    const { url } = await rig(roomView('a', { state: 'stopped', pid: null, stop }));
    expect((await wait({ url, tty: true })).code).toBe(code);
  });

  it('Ctrl-C stops waiting, not the room', async () => {
    const { url, rooms } = await rig(joining);
    const command = start(['spawn', 'a', '--wait'], { url, tty: true });
    await command.err.seen('a is starting');
    command.stop.abort('SIGINT');
    expect(await command.code).toBe(130);
    expect(command.err.text).toContain('no longer waiting; `roomd show a`');
    expect(rooms.views.get('a')?.state).toBe('starting');
  });
});
