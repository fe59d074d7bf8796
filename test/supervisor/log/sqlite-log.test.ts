import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { LogOpenError } from '../../../supervisor/log/errors.ts';
import { describeLog } from './contract.ts';
import {
  entries,
  entry,
  ids,
  keepAll,
  metric,
  offsets,
  openLog,
  quietTelemetry,
  readAll,
  temporaryFolder,
  upTo,
} from './support.ts';

describeLog('sqlite log', async () => openLog(await temporaryFolder()));

// With no memory of its own: disk has to give the same answers.
describeLog('sqlite log read from disk', async () =>
  openLog(await temporaryFolder(), { recent: { records: 1, bytes: 0 } }),
);

test('epoch, offsets, records and documents survive a restart', async () => {
  const folder = await temporaryFolder();
  const before = await openLog(folder);
  expect(before.epoch).toMatch(/^[A-Za-z0-9_-]{8,}$/);
  await before.append(entries(5, ['a', 'b']), { cursor: { offset: 4 } });
  await before.close();
  const after = await openLog(folder);
  expect(after.epoch).toBe(before.epoch);
  expect(after.last).toBe(5);
  expect(offsets((await readAll(after)).records)).toEqual(upTo(5));
  expect(await after.document('cursor')).toEqual({ offset: 4 });
  expect(await after.append([entry('6', { roomId: 'b' })])).toBe(6);
  expect(offsets((await readAll(after, { roomId: 'b' })).records)).toEqual([2, 4, 6]);
});

test('two histories have two epochs', async () => {
  const [one, two] = [await openLog(await temporaryFolder()), await openLog(await temporaryFolder())];
  expect(one.epoch).not.toBe(two.epoch);
});

test('after a restart, offsets and gaps of trimmed records are still known', async () => {
  const folder = await temporaryFolder();
  const before = await openLog(folder);
  await before.append(entries(6, ['a', 'b']));
  await before.trim({ ...keepAll, before: 1e15 });
  await before.close();
  const after = await openLog(folder);
  expect(after.last).toBe(6);
  expect(await after.read({ after: 0, limit: 9, roomId: 'a' })).toEqual({ records: [], next: 6, gap: true });
  expect(await after.read({ after: 5, limit: 9, roomId: 'a' })).toEqual({ records: [], next: 6, gap: false });
  expect(await after.append([entry('7')])).toBe(7);
  expect(await after.read({ after: 6, limit: 9, roomId: 'a' })).toMatchObject({ next: 7, gap: false });
});

test('a page from disk is bounded in bytes too, and goes on where it ended', async () => {
  const folder = await temporaryFolder();
  const before = await openLog(folder);
  await before.append(entries(40, ['a'], { json: JSON.stringify('x'.repeat(256 * 1024)) }));
  await before.close();
  const after = await openLog(folder);
  const page = await after.read({ after: 0, limit: 40 });
  expect(page.records.length).toBeGreaterThan(0);
  expect(page.records.length).toBeLessThan(40);
  expect(page.next).toBe(page.records.at(-1)?.offset);
  expect(offsets((await readAll(after)).records)).toEqual(upTo(40));
});

test('records that no longer fit into memory are read from disk, without a seam', async () => {
  const log = await openLog(await temporaryFolder());
  for (let round = 0; round < 4; round++) await log.append(entries(5_000, ['a', 'b']));
  for (const roomId of ['a', 'b']) {
    const { records, gaps } = await readAll(log, { roomId, limit: 700 });
    expect(records).toHaveLength(10_000);
    expect(gaps).toBe(0);
  }
  expect(offsets((await readAll(log, { limit: 999 })).records)).toEqual(upTo(20_000));
});

test('a room far beyond its cap is trimmed in many steps, to the last record', async () => {
  const log = await openLog(await temporaryFolder());
  await log.append(entries(24_000, ['a', 'a', 'a', 'b']));
  const between = log.trim({ ...keepAll, maxEventsPerRoom: 10 });
  expect(await log.append([entry('24001', { roomId: 'c' })])).toBe(24_001);
  expect(await between).toBe(24_000 - 20);
  expect(await log.trim({ ...keepAll, maxEventsPerRoom: 10 })).toBe(0);
  expect(offsets((await readAll(log, { roomId: 'a' })).records)).toEqual(
    upTo(23_999, 23_980)
      .filter((offset) => offset % 4 !== 0)
      .slice(-10),
  );
});

test('the files belong to their owner alone', async () => {
  const folder = await temporaryFolder();
  const log = await openLog(folder);
  await log.append(entries(1));
  for (const name of ['log.db', 'log.db-wal']) {
    expect([name, ((await stat(join(folder, name))).mode & 0o777).toString(8)]).toEqual([name, '600']);
  }
  await log.close();
  await chmod(join(folder, 'log.db'), 0o644);
  await openLog(folder);
  expect((await stat(join(folder, 'log.db'))).mode & 0o777).toBe(0o600);
});

test('a second owner is refused, and the first one goes on', async () => {
  const folder = await temporaryFolder();
  const owner = await openLog(folder);
  await owner.append(entries(2));
  const refused = openLog(folder);
  await expect(refused).rejects.toThrow(LogOpenError);
  await expect(refused).rejects.toThrow(/another roomd owns this data folder/);
  expect(await owner.append([entry('3')])).toBe(3);
  await expect(openLog(folder)).rejects.toThrow(/another roomd/);
  await owner.close();
  expect((await openLog(folder)).last).toBe(3);
});

test('a newer schema, a foreign file and a folder that is missing are refused with words that help', async () => {
  const folder = await temporaryFolder();
  await (await openLog(folder)).close();
  const db = new DatabaseSync(join(folder, 'log.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  await expect(openLog(folder)).rejects.toThrow(/expected log schema 2 or older, got 99: .*newer roomd/);
  const foreign = await temporaryFolder();
  await writeFile(join(foreign, 'log.db'), 'this is no database, but long enough to be taken for one'.repeat(50));
  await expect(openLog(foreign)).rejects.toThrow(/damaged or no log of roomd's/);
  await expect(openLog(join(folder, 'missing'))).rejects.toThrow(/cannot open the log .*ENOENT/);
});

test('a log of the first schema is taken over whole; what it holds counts as authoritative', async () => {
  const folder = await temporaryFolder();
  const old = await openLog(folder);
  await old.append(entries(6, ['a', 'b'], { topic: 'bot.health.heartbeat' }));
  const { epoch } = old;
  await old.close();
  const db = new DatabaseSync(join(folder, 'log.db'));
  db.exec('DROP INDEX authoritative_by_room; DROP INDEX telemetry_by_room; ALTER TABLE events DROP COLUMN telemetry');
  db.exec('CREATE INDEX events_by_room ON events (room); PRAGMA user_version = 1');
  db.close();
  const log = await openLog(folder);
  expect([log.epoch, log.last]).toEqual([epoch, 6]);
  await log.append(entries(4, ['a'], { topic: 'bot.health.heartbeat' }));
  expect(await log.trim({ ...keepAll, maxEventsPerRoom: 2, maxTelemetryPerRoom: 3 })).toBe(3);
  expect(offsets((await readAll(log, { roomId: 'a' })).records)).toEqual([3, 5, 8, 9, 10]);
  expect(offsets((await readAll(log)).records)).toEqual([3, 4, 5, 6, 8, 9, 10]);
});

test('appends of one turn share a commit; commits and events are counted', async () => {
  const telemetry = quietTelemetry();
  const log = await openLog(await temporaryFolder(), { telemetry });
  await Promise.all(upTo(50).map((n) => log.append([entry(String(n))])));
  expect(await metric(telemetry, 'events_accepted_total')).toBe(50);
  expect(await metric(telemetry, 'log_pending_events')).toBe(0);
  const commits = await telemetry.metrics.commits.get();
  expect(commits.values.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(1);
  expect(ids((await readAll(log)).records)).toEqual(upTo(50).map(String));
});

test('of documents that were deleted, in any order, nothing is left after a close', async () => {
  const folder = await temporaryFolder();
  const log = await openLog(folder);
  const rooms = upTo(101).map((n) => String(n).padStart(3, '0'));
  // Neither the order of the keys nor its reverse: SQLite moves rows from page to page, and leaves copies behind.
  const jumbled = (step: number) => rooms.map((_, i) => rooms[(i * step) % rooms.length] ?? '');
  for (const size of [3_000, 300]) {
    for (const room of jumbled(3)) await log.append([], { [`request:${room}`]: { token: 'hush'.repeat(size / 4) } });
    for (const room of rooms) await log.append([entry(room)], { [`room:${room}`]: { text: 'kept'.repeat(50) } });
    for (const room of jumbled(13)) {
      await log.append([], { [`request:${room}`]: null, [`room:${room}`]: { text: 'kept'.repeat(100) } });
    }
  }
  await log.close();
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')));
  expect(files.filter((bytes) => bytes.includes('kept'))).toHaveLength(1);
  expect(files.filter((bytes) => bytes.includes('hush')).length).toBe(0);
  const again = await openLog(folder);
  expect([...(await again.documents('')).keys()]).toEqual(rooms.map((room) => `room:${room}`));
  expect(await again.document('room:007')).toEqual({ text: 'kept'.repeat(100) });
});
