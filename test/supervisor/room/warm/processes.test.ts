import { readdir, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ChildListener } from '../../../../supervisor/child/port.ts';
import { gone, isAlive } from '../../../helpers/processes.ts';
import { HEARTBEAT_TIMEOUT, realPool } from './real-pool.ts';

/** What a room gets of a process: `stdout` and `stderr` as it comes, and when there is something new. */
function room() {
  const stdout: string[] = [];
  const stderr: string[] = [];
  let check = () => {};
  const listener: ChildListener = {
    onLine(line) {
      stdout.push(line);
      check();
    },
    onFault: (fault) => void stdout.push(`!${fault}`),
    onStderr(line) {
      stderr.push(line);
      check();
    },
  };
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (condition()) resolve();
      };
      check();
    });
  return { stdout, stderr, listener, until };
}

const ready = (told: readonly string[]) => told.filter((what) => what === 'ready').length;

describe('a process that waits', () => {
  it('gets a room by a line, and all it says from then on is the room’s, once', async () => {
    const own = { ...process.env, TO_BE_SEEN: 'seen', NOT_TO_BE_SEEN: 'unseen' };
    const { pool, until, told } = await realPool('patient', { env: ['TO_BE_SEEN'] }, { env: own });
    pool.start();
    await until(() => ready(told) === 1);
    const standby = pool.take();
    const { stdout, stderr, listener, until: untilRoom } = room();
    const adopted = standby?.adopt(listener);
    if (adopted === undefined) throw new Error('expected a process');
    adopted.child.send({ type: 'assign', env: { ROOMD_ROOM_ID: 'blue' } });
    await untilRoom(() => stdout.length === 2 && stderr.at(-1) === 'assigned blue');
    adopted.child.send({ type: 'shutdown', reason: 'test', deadlineMs: 1_000 });
    expect(await adopted.child.exited).toEqual({ code: 0, signal: null });
    expect(stdout.map((line) => JSON.parse(line).topic)).toEqual([
      'assistant.room.join.requested',
      'assistant.room.join.succeeded',
    ]);
    expect(adopted.strays).toBe(1);
    // The two pipes are read each at its own pace: its first line may come on either side of the assignment, and once.
    const [first = '', ...others] = [...adopted.stderr, ...stderr];
    expect(others).toEqual(['assigned blue']);
    const env = JSON.parse(first);
    expect(env).toMatchObject({ ROOMD_WARM: '1', ROOMD_RUN_ID: adopted.folder.runId, TO_BE_SEEN: 'seen' });
    expect(Object.keys(env).filter((name) => /ROOM_ID|CONNECTOR|OPTIONS|NOT_TO/.test(name))).toEqual([]);
    // It is the room's to remove.
    expect((await stat(adopted.folder.path)).mode & 0o777).toBe(0o700);
    expect(await readdir(adopted.folder.path)).toEqual([]);
    expect(() => standby?.adopt(listener)).toThrow('expected a process without a room');
    expect(() => standby?.claim()).toThrow('expected a process that is ready');
  });

  it('gets none when it has died: "a job given to a dead idle process and lost"', async () => {
    const { pool, children, clock, until, told, folders } = await realPool('patient', { floor: 2 });
    pool.start();
    await until(() => ready(told) === 2);
    const [dead, living] = children;
    process.kill(dead?.pid ?? 0, 'SIGKILL');
    await dead?.exited;
    expect(pool.view().warm).toMatchObject({ ready: 1 });
    const taken = pool.take();
    expect(taken?.adopt(room().listener).child).toBe(living);
    expect(pool.take()).toBeUndefined();
    expect(pool.view().assignments).toEqual({ warm: 1, cold: 1, unanswered: 0 });
    // Others come in their place, and nothing stays of the dead one.
    const refilled = until(() => ready(told) === 4);
    await clock.pass(1_000);
    await refilled;
    expect(told).toContain('left exited');
    await pool.stop();
    expect(await folders()).toEqual([taken?.folder.runId]);
  });

  it('gets none when it stands still, and is killed and replaced when that lasts', async () => {
    const { pool, children, clock, until, told } = await realPool('patient');
    pool.start();
    await until(() => ready(told) === 1);
    const [frozen] = children;
    process.kill(frozen?.pid ?? 0, 'SIGSTOP');
    await clock.pass(HEARTBEAT_TIMEOUT * 0.8);
    expect(pool.take()).toBeUndefined();
    const replaced = until(() => ready(told) === 2);
    await clock.pass(HEARTBEAT_TIMEOUT * 0.3);
    expect(await frozen?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await replaced;
    expect(told).toContain('left silent');
    expect(pool.take()?.adopt(room().listener).child).toBe(children[1]);
  });

  it('is killed when it never is ready, again and again, and nobody waits for it: "a pool wedged for hours"', async () => {
    const { pool, children, clock, until, told, folders } = await realPool('hung');
    pool.start();
    for (let round = 0; round < 3; round++) {
      await until(() => children.length === round + 1);
      expect(pool.take()).toBeUndefined();
      await clock.pass(HEARTBEAT_TIMEOUT + 100);
      expect(await children[round]?.exited).toEqual({ code: null, signal: 'SIGKILL' });
      // Not at once: a pause that doubles.
      expect(children).toHaveLength(round + 1);
      await clock.pass(500 * 2 ** round);
    }
    await until(() => children.length === 4);
    expect(await folders()).toHaveLength(1);
    expect(told.filter((what) => what === 'left not_ready')).toHaveLength(3);
    expect(pool.view()).toMatchObject({
      warm: { ready: 0, starting: 1 },
      problem: expect.stringMatching(
        /^bot hung: .* sent no heartbeat within 45100 ms; .*growing pauses \(its last words: .*\)$/,
      ),
    });
  });

  it('is not tried again when it says never again: its bot knows nothing of waiting', async () => {
    const { pool, children, clock, until, told } = await realPool(
      'exits',
      { floor: 2, env: ['EXIT_CODE'] },
      { env: { ...process.env, EXIT_CODE: '78' }, maxStarting: 1 },
    );
    pool.start();
    await until(() => told.includes('left refused'));
    await clock.pass(86_400_000);
    expect(children).toHaveLength(1);
    expect(pool.view().problem).toBe(
      "bot exits doesn't wait: expected it to know ROOMD_WARM, got exit code 78; no more are started: set bots.exits.warm to 0, or mend the bot and restart roomd (its last words: DATA/stderr/.waiting-exits.log)",
    );
    expect(pool.take()).toBeUndefined();
  });

  it('is killed when it floods the pipe that nobody needs yet', async () => {
    const { pool, children, until, told } = await realPool('noisy');
    pool.start();
    await until(() => told.includes('left noisy'));
    expect(await children[0]?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(pool.view().problem).toContain('wrote many lines that are no heartbeats');
  });

  it('that cannot be started is a problem that is told, and leaves no folder', async () => {
    const { pool, until, told, folders, clock } = await realPool('none', { command: ['/nowhere/bot'] });
    pool.start();
    await until(() => told.includes('left not_started'));
    expect(pool.view().problem).toMatch(/^bot none: .*could not be started: .*ENOENT/);
    await pool.stop();
    expect([await folders(), clock.waiting]).toEqual([[], 0]);
  });

  it('and whose command is as long as a path may be is a problem of some length all the same', async () => {
    const { pool, until, told } = await realPool('none', { command: [`/nowhere/${'x'.repeat(3_000)}`] });
    pool.start();
    await until(() => told.includes('left not_started'));
    const [, error = ''] = /could not be started: (.*); more are tried/.exec(pool.view().problem ?? '') ?? [];
    expect(error).toHaveLength(200);
    // The end says what was wrong.
    expect(error).toMatch(/^spawn \/nowhere\/x+…x+ E[A-Z]+$/);
  });
});

describe('the pool', () => {
  it('starts several at a time: "starts serialised"', async () => {
    const { pool, children, until } = await realPool('hung', { floor: 5 }, { maxStarting: 4 });
    pool.start();
    // None of them is ever ready.
    await until(() => children.length === 4);
    expect(pool.view().warm).toEqual({ floor: 5, target: 5, ready: 0, starting: 4 });
  });

  it('leaves no process and no folder when it stops, whatever they are doing', async () => {
    const { pool, children, clock, until, told, folders } = await realPool('deaf', { floor: 3 }, { maxStarting: 3 });
    pool.start();
    await until(() => ready(told) === 3);
    const taken = pool.take()?.adopt(room().listener);
    const grandchild = Number(taken?.stderr[0]);
    // One more is on its way.
    await clock.pass(20);
    await until(() => children.length === 4);
    const stopped = pool.stop();
    expect(pool.stop()).toBe(stopped);
    expect(pool.take()).toBeUndefined();
    await clock.pass(1_000);
    await stopped;
    // What was taken is another's.
    const alive = children.filter(({ pid = 0 }) => isAlive(pid));
    expect(alive).toEqual([taken?.child]);
    expect(await folders()).toEqual([taken?.folder.runId]);
    expect(clock.waiting).toBe(0);
    taken?.child.signal('SIGKILL');
    await gone(grandchild);
  });

  it('lets those who listen leave by themselves when it stops', async () => {
    const { pool, children, until, told, folders } = await realPool('patient', { floor: 2 });
    pool.start();
    await until(() => ready(told) === 2);
    // The clock stands still: no force is used.
    await pool.stop();
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(await folders()).toEqual([]);
  });
});
