import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entries, keepAll, openLog, quietTelemetry, temporaryFolder } from './support.ts';

/** A log with something in it, and what was told of its files. */
async function setUp() {
  const folder = await temporaryFolder();
  const told: (string | undefined)[] = [];
  const telemetry = { ...quietTelemetry(), logMoved: (reason: string | undefined) => void told.push(reason) };
  const log = await openLog(folder, { telemetry });
  await log.append(entries(3), { cursor: 1 });
  await log.trim(keepAll);
  expect(log.problem).toBeUndefined();
  return { folder, file: join(folder, 'log.db'), log, told };
}

test.each([
  ['the database is deleted', 'log.db was moved or deleted', (file: string) => rm(file)],
  [
    'a copy takes the place of the database',
    'log.db was replaced',
    async (file: string) => {
      await copyFile(file, `${file}.copy`);
      await rename(`${file}.copy`, file);
    },
  ],
])('%s: that is a problem, in words, told once; the log goes on', async (_, words, harm) => {
  const { file, log, told } = await setUp();
  await harm(file);
  await log.trim(keepAll);
  expect(log.problem).toContain(words);
  expect(log.problem).toMatch(/will not be there at the next start; .*stop roomd/);
  expect(await log.append(entries(1))).toBe(4);
  expect(await log.trim({ ...keepAll, maxEventsPerRoom: 1 })).toBe(3);
  expect(told).toEqual([log.problem]);
});

test('what was moved and put back is no problem any more', async () => {
  const { folder, log, told } = await setUp();
  await rename(folder, `${folder}-elsewhere`);
  await log.trim(keepAll);
  expect(log.problem).toContain('log.db was moved or deleted');
  await rename(`${folder}-elsewhere`, folder);
  await log.trim(keepAll);
  expect(log.problem).toBeUndefined();
  expect(told).toEqual([expect.any(String), undefined]);
});

test('the write-ahead log is deleted: stopping saves what is in it, as the problem says', async () => {
  const { folder, file, log, told } = await setUp();
  await rm(`${file}-wal`);
  await log.trim(keepAll);
  expect(log.problem).toMatch(/log\.db-wal was moved or deleted while roomd runs: .* stop roomd, which saves/);
  expect(told).toEqual([log.problem]);
  expect(await log.append(entries(1))).toBe(4);
  await log.close();
  expect((await openLog(folder)).last).toBe(4);
});
