import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RemoteLog } from './remote-log.ts';
import { canMount, smallDisk, whyNoMount } from './small-disk.ts';
import { keepAll, upTo } from './support.ts';

const MIB = 2 ** 20;
const BALLAST = 16 * MIB;
const numbers = (last: number) => upTo(last).map(String);

/** A log on a disk that is full, with ten appends of a hundred records waiting beyond `accepted`. */
async function onFullDisk(records = 100) {
  const disk = await smallDisk(64);
  const log = new RemoteLog(disk.prefix, disk.folder, BALLAST);
  await log.has('opened');
  for (let first = 1; first < records; first += 100) await log.call('append', first, 100, 4_000);
  disk.fill(4 * MIB);
  let accepted = records;
  const failed = log.has('failed').then(() => true);
  let waiting = [log.call('append', accepted + 1, 100, 4_000)];
  while (!(await Promise.race([failed, Promise.all(waiting).then(() => false)]))) {
    accepted += 100;
    waiting = [log.call('append', accepted + 1, 100, 4_000)];
  }
  for (let i = 1; i < 10; i++)
    waiting.push(log.call('append', accepted + 1 + 100 * i, 100, 4_000, { [`with/${i}`]: i }));
  return { disk, log, accepted, waiting, all: accepted + 1_000 };
}

describe.skipIf(!canMount)(canMount ? 'on a full disk' : `on a full disk (${whyNoMount})`, () => {
  test('documents still commit, records wait in words, and go on in order when there is room', async () => {
    const { disk, log, accepted, waiting, all } = await onFullDisk();
    for (let i = 1; i <= 300; i++) {
      expect(await log.call('documents', { cursor: i, [`dead/${i}`]: 'x'.repeat(2_000) })).toBe(accepted);
    }
    const { last, pending, problem } = await log.call('state');
    expect([last, pending]).toEqual([accepted, 1_000]);
    expect(problem).toMatch(
      /^the disk is full: \d+ MiB are free in .*, 24 MiB are needed to go on; make room there, or lower log\./,
    );
    expect(await log.call('document', 'cursor')).toBe(300);
    expect(statSync(join(disk.seen, 'ballast')).size).toBe(0);
    disk.unfill();
    expect(await Promise.all(waiting)).toEqual(upTo(10).map((i) => accepted + 100 * i));
    expect(await log.call('everyId')).toEqual(numbers(all));
    expect((await log.call('state')).problem).toBeNull();
    expect(await log.call('document', 'with/9')).toBe(9);
    expect(statSync(join(disk.seen, 'ballast')).size).toBe(BALLAST);
    expect(
      log.happenings.filter(({ happened }) => happened !== 'answered').map((one) => [one.happened, one.held]),
    ).toEqual([
      ['ballast', BALLAST],
      ['opened', undefined],
      ['ballast', 0],
      ['failed', undefined],
      ['ballast', BALLAST],
      ['recovered', undefined],
    ]);
  });

  test('a document of the same key does not overtake the records it belongs behind', async () => {
    const { disk, log, waiting } = await onFullDisk();
    const later = log.call('documents', { 'with/3': null });
    await log.call('documents', { cursor: 1 });
    expect(await log.call('document', 'with/3')).toBeNull();
    disk.unfill();
    await Promise.all([...waiting, later]);
    expect(await log.call('document', 'with/3')).toBeNull();
    expect(await log.call('document', 'with/4')).toBe(4);
  });

  test('room that retention makes inside the log lets it go on', async () => {
    const { disk, log, accepted, waiting, all } = await onFullDisk(5_000);
    expect(await log.call('trim', { ...keepAll, before: accepted })).toBe(accepted - 1);
    await Promise.all(waiting);
    expect(await log.call('everyId')).toEqual(['gap', ...numbers(all).slice(accepted - 1)]);
    expect(existsSync(join(disk.seen, 'filler'))).toBe(true);
    expect((await log.call('state')).problem).toBeNull();
  });

  test('killed and started again, nothing that was accepted is missing, and what is left still serves documents', async () => {
    const { disk, log, accepted } = await onFullDisk();
    await log.call('documents', { cursor: 1 });
    await log.kill();
    const again = new RemoteLog(disk.prefix, disk.folder, BALLAST);
    expect((await again.has('opened')).last).toBe(accepted);
    expect(await again.call('everyId')).toEqual(numbers(accepted));
    expect(await again.call('document', 'cursor')).toBe(1);
    const waiting = again.call('append', accepted + 1, 1, 10);
    await again.has('failed');
    expect(await again.call('documents', { cursor: 2 })).toBe(accepted);
    disk.unfill();
    expect(await waiting).toBe(accepted + 1);
    await again.kill();
    const last = new RemoteLog(disk.prefix, disk.folder, BALLAST);
    await last.has('opened');
    expect(await last.call('everyId')).toEqual(numbers(accepted + 1));
    expect(await last.call('document', 'cursor')).toBe(2);
  });

  test('closed, it commits the documents that wait, says that the records did not make it, and ends', async () => {
    const { disk, log, accepted, waiting } = await onFullDisk();
    const saved = log.call('documents', { cursor: 7 });
    const closed = log.call('close');
    const refused = await Promise.allSettled(waiting);
    expect(new Set(refused.map((one) => (one.status === 'rejected' ? String(one.reason) : one.status)))).toEqual(
      new Set([expect.stringMatching(/closed while its disk refused commits: the disk is full/)]),
    );
    expect(await saved).toBe(accepted);
    await closed;
    await log.exited;
    const again = new RemoteLog(disk.prefix, disk.folder, BALLAST);
    await again.has('opened');
    expect(await again.call('everyId')).toEqual(numbers(accepted));
    expect(await again.call('document', 'cursor')).toBe(7);
  });

  test('a log that is gone can be begun anew with what the ballast gives', async () => {
    const { disk, log } = await onFullDisk();
    await log.kill();
    disk.unfill();
    const refilled = new RemoteLog(disk.prefix, disk.folder, BALLAST);
    await refilled.has('opened');
    await refilled.kill();
    for (const name of ['log.db', 'log.db-wal']) rmSync(join(disk.seen, name));
    disk.fill(0);
    const anew = new RemoteLog(disk.prefix, disk.folder, BALLAST);
    expect((await anew.has('opened')).last).toBe(0);
    expect(await anew.call('documents', { cursor: 0 })).toBe(0);
  });

  test('where there was never room for the ballast, the log works without, and makes it later', async () => {
    const disk = await smallDisk(64);
    disk.fill(8 * MIB);
    const log = new RemoteLog(disk.prefix, disk.folder, BALLAST);
    await log.has('opened');
    expect(log.happenings[0]).toEqual({ happened: 'ballast', held: 0 });
    expect(await log.call('append', 1, 10, 100)).toBe(10);
    disk.unfill();
    await log.call('trim', keepAll);
    expect(await log.until(({ held }) => held === BALLAST)).toBeDefined();
  });
});
