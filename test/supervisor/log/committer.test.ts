import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Group } from '../../../supervisor/log/append-queue.ts';
import { Committer } from '../../../supervisor/log/committer.ts';
import { DiskFullError, LogClosedError } from '../../../supervisor/log/errors.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { entries, entry, metric, quietTelemetry, upTo } from './support.ts';

/** A committer over a disk in the test's hand: every commit waits until the test lets it end. */
function rig() {
  const clock = new FakeClock();
  const telemetry = quietTelemetry();
  const groups: Group[] = [];
  const committed: number[] = [];
  const inFlight: PromiseWithResolvers<void>[] = [];
  const committer = new Committer({
    clock,
    telemetry,
    last: 0,
    commit: (group) => {
      groups.push(group);
      const end = Promise.withResolvers<void>();
      inFlight.push(end);
      return end.promise;
    },
    committed: (group) => committed.push(...group.records.map(({ offset }) => offset)),
  });
  return {
    clock,
    committer,
    groups,
    committed,
    sizes: () => groups.map(({ records }) => records.length),
    failures: () => metric(telemetry, 'log_commit_failures_total'),
    async end(reason?: string | Error) {
      await setImmediate();
      const commit = inFlight.shift();
      if (commit === undefined) throw new Error('expected a commit in flight');
      if (reason === undefined) commit.resolve();
      else commit.reject(reason instanceof Error ? reason : new Error(reason));
      await setImmediate();
    },
  };
}

test('while one commit is in flight, the next group gathers', async () => {
  const { committer, end, sizes, committed } = rig();
  const first = committer.append(entries(2));
  await setImmediate();
  const later = [committer.append(entries(3)), committer.append(entries(1))];
  await setImmediate();
  expect(sizes()).toEqual([2]);
  await end();
  expect(await first).toBe(2);
  expect(sizes()).toEqual([2, 4]);
  expect(committed).toEqual([1, 2]);
  await end();
  expect(await Promise.all(later)).toEqual([5, 6]);
});

test('a group is bounded in records and in bytes, and no append is split', async () => {
  const { committer, end, sizes } = rig();
  const big = entry('big', { json: 'x'.repeat(3 * 2 ** 20) });
  const all = [4_000, 999, 2, 7_000].map((count) => committer.append(entries(count)));
  all.push(committer.append([big]), committer.append([big]));
  for (let i = 0; i < 5; i++) await end();
  await Promise.all(all);
  expect(sizes()).toEqual([4_999, 2, 7_000, 1, 1]);
});

test('a commit that fails is tried again with the same records until it works: order holds, nothing is lost', async () => {
  const { committer, clock, end, groups, committed, failures } = rig();
  const first = committer.append(entries(2), { key: 1 });
  await end('disk full');
  expect(committer.problem).toBe('disk full');
  const second = committer.append(entries(1));
  expect(committer.pending.records).toBe(3);
  for (const wait of [50, 100, 200]) {
    await clock.pass(wait - 1);
    const tries = groups.length;
    await clock.pass(1);
    expect(groups).toHaveLength(tries + 1);
    await end('still full');
  }
  expect(committer.problem).toBe('still full');
  await clock.pass(400);
  await end();
  expect(committer.problem).toBeUndefined();
  expect(await first).toBe(2);
  await end();
  expect(await second).toBe(3);
  expect(committed).toEqual([1, 2, 3]);
  expect(new Set(groups.slice(0, -1).map((group) => JSON.stringify(group))).size).toBe(1);
  expect(await failures()).toBe(1);
});

test('every outage is told once, and its end too', async () => {
  const { committer, clock, end, failures } = rig();
  for (const outage of [1, 2]) {
    const done = committer.append(entries(1));
    await end('gone');
    await clock.pass(50);
    await end('gone');
    await clock.pass(100);
    await end();
    await done;
    expect(await failures()).toBe(outage);
  }
});

test('closing in an outage tries once more, and then rejects what is pending', async () => {
  const { committer, end, sizes } = rig();
  const appends = [committer.append(entries(1)), committer.append(entries(6_000))];
  const refused = Promise.all(appends.map((done) => expect(done).rejects.toThrow(/closed while .*: still full/)));
  await end('disk full');
  const closed = committer.close();
  await end('still full');
  await closed;
  await refused;
  expect(sizes()).toEqual([1, 1]);
  expect(committer.pending).toEqual({ records: 0, bytes: 0 });
  await expect(committer.append(entries(1))).rejects.toThrow(LogClosedError);
});

test('closing in an outage that ends commits everything', async () => {
  const { committer, end, committed } = rig();
  const appends = [committer.append(entries(1)), committer.append(entries(2))];
  await end('disk full');
  const closed = committer.close();
  await end();
  await closed;
  expect(await Promise.all(appends)).toEqual([1, 3]);
  expect(committed).toEqual(upTo(3));
});

const full = new DiskFullError('full');

test('on a full disk documents overtake records, and the others still go in order', async () => {
  const { committer, clock, end, groups, failures } = rig();
  const order: string[] = [];
  const watch = (name: string, done: Promise<number>) => done.then((offset) => order.push(`${name} ${offset}`));
  const done = [
    watch('a', committer.append(entries(1), { a: 1 })),
    watch('cursor', committer.append([], { cursor: 1 })),
    watch('a again', committer.append([], { a: 2, b: 2 })),
    watch('b', committer.append([], { b: 3 })),
    watch('nothing', committer.append([])),
  ];
  await end(full);
  expect(groups[1]).toEqual({ records: [], documents: [['cursor', '1']] });
  await end();
  expect(order).toEqual(['cursor 0']);
  expect(committer.problem).toBe('full');
  // While the records wait for their next try, more come and go at once.
  done.push(watch('later', committer.append([], { later: 1 })));
  await end();
  expect(order).toEqual(['cursor 0', 'later 0']);
  await clock.pass(50);
  expect(groups).toHaveLength(4);
  await end();
  await Promise.all(done);
  expect(order.slice(2)).toEqual(['a 1', 'a again 1', 'b 1', 'nothing 1']);
  expect(groups[3]?.documents).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['b', '2'],
    ['b', '3'],
  ]);
  expect(committer.problem).toBeUndefined();
  expect(await failures()).toBe(1);
});

test('documents without end do not keep records from their next try', async () => {
  const { committer, clock, end, groups } = rig();
  void committer.append(entries(1));
  await end(full);
  const save = (): Promise<void> => committer.append([], { cursor: 1 }).then(save);
  void save();
  for (let i = 0; i < 5; i++) await end();
  await clock.pass(50);
  await end();
  expect(groups.at(-1)?.records).toHaveLength(1);
});

test('on a disk too full for documents they wait for the next try, and what then gets through ends the trouble', async () => {
  const { committer, clock, end, groups } = rig();
  const done = committer.append([], { cursor: 1 });
  await end(full);
  await end(full);
  expect(groups).toHaveLength(2);
  expect(committer.problem).toBe('full');
  await clock.pass(50);
  await end();
  expect(await done).toBe(0);
  expect(committer.problem).toBeUndefined();
  const again = committer.append([], { cursor: 2 });
  await end(full);
  await end();
  expect(await again).toBe(0);
  await clock.pass(50);
  expect(committer.problem).toBeUndefined();
});

test('closing on a full disk commits the documents that wait, and rejects the records', async () => {
  const { committer, end, groups } = rig();
  const records = committer.append(entries(1));
  await end(full);
  const refused = expect(records).rejects.toThrow(/closed while .*: full/);
  const cursor = committer.append([], { cursor: 1 });
  await end(full);
  const closed = committer.close();
  await end(full);
  await end();
  await closed;
  await refused;
  expect(await cursor).toBe(0);
  expect(groups.map(({ records }) => records.length)).toEqual([1, 0, 1, 0]);
});

test('when nobody is left to commit, everything rejects at once', async () => {
  const { committer, end } = rig();
  const first = committer.append(entries(1));
  await setImmediate();
  const second = committer.append(entries(1));
  committer.fail(new LogClosedError('worker died'));
  await expect(first).rejects.toThrow('worker died');
  await expect(second).rejects.toThrow('worker died');
  await expect(committer.append(entries(1))).rejects.toThrow('worker died');
  await end('late');
  await committer.close();
  expect(committer.pending.records).toBe(0);
});
