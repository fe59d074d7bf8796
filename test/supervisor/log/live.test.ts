import { expect, onTestFinished, test } from 'vitest';
import { LogClosedError } from '../../../supervisor/log/errors.ts';
import { follow } from '../../../supervisor/log/live.ts';
import { entries, entry, ids, keepAll, offsets, openLog, temporaryFolder, upTo } from './support.ts';

const smallMemory = { recent: { records: 100, bytes: 2 ** 20 } };

function aborting(): AbortController {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  return abort;
}

test('a slow reader crosses from disk to memory and back, and sees every record once', async () => {
  const log = await openLog(await temporaryFolder(), smallMemory);
  await log.append(entries(3_000, ['a', 'b']));
  const abort = aborting();
  const seen: number[] = [];
  let written = 3_000;
  // Bursts larger than memory while it reads, then single records that it waits for.
  const bursts = [2_000, 0, 700, 50, 101, 1, 1, 1, 99, 400, 1];
  for await (const page of follow(log, { after: 0 }, abort.signal)) {
    expect(page.gap).toBe(false);
    seen.push(...offsets(page.records));
    if (seen.length === written && bursts.length === 0) abort.abort();
    const size = bursts.shift() ?? 0;
    written += size;
    const appended = log.append(entries(size, ['a', 'b']));
    if (size % 2 === 0) await appended;
  }
  expect(seen).toEqual(upTo(written));
});

test('readers of one room and of one topic are woken for what is theirs', async () => {
  const log = await openLog(await temporaryFolder());
  const abort = aborting();
  const room = follow(log, { after: 0, roomId: 'b' }, abort.signal);
  const topic = follow(log, { after: 0, topic: (name) => name === 'rare' }, abort.signal);
  const next = [room.next(), topic.next()];
  await log.append(entries(20));
  await log.append([entry('21', { roomId: 'b' })]);
  await log.append([entry('22', { topic: 'rare' })]);
  const pages = await Promise.all(next);
  expect(pages.map(({ value }) => ids(value?.records ?? []))).toEqual([['21'], ['22']]);
});

test('a gap is told even when nothing follows it, and once', async () => {
  const log = await openLog(await temporaryFolder());
  await log.append(entries(10));
  await log.trim({ ...keepAll, before: 1e15 });
  const reader = follow(log, { after: 4 }, aborting().signal);
  expect((await reader.next()).value).toEqual({ records: [], next: 10, gap: true });
  const next = reader.next();
  await log.append([entry('11')]);
  expect((await next).value).toMatchObject({ next: 11, gap: false });
});

test('ends when the signal aborts: before, while waiting, while reading, and between pages', async () => {
  const log = await openLog(await temporaryFolder());
  const aborted = AbortSignal.abort();
  expect((await follow(log, { after: 0 }, aborted).next()).done).toBe(true);
  const waiting = aborting();
  const next = follow(log, { after: 0 }, waiting.signal).next();
  waiting.abort();
  expect((await next).done).toBe(true);
  await log.append(entries(1_000));
  const reading = aborting();
  const read = follow(log, { after: 0 }, reading.signal).next();
  reading.abort();
  expect((await read).done).toBe(true);
  const between = aborting();
  const reader = follow(log, { after: 0 }, between.signal);
  expect((await reader.next()).value?.next).toBe(500);
  between.abort();
  expect((await reader.next()).done).toBe(true);
});

test('throws when the log ends under a reader', async () => {
  const log = await openLog(await temporaryFolder());
  const next = follow(log, { after: 0 }, aborting().signal).next();
  const ended = expect(next).rejects.toThrow(LogClosedError);
  await log.close();
  await ended;
});

test('rests after a page, whether anything of it was wanted or not, unless more than another page lies ahead', async () => {
  const log = await openLog(await temporaryFolder());
  await log.append(entries(1_200));
  let rests = 0;
  let resting = Promise.withResolvers<void>();
  const rest = () => {
    rests += 1;
    return resting.promise;
  };
  const pages = follow(log, { after: 0, topic: (name) => name !== 'other' }, aborting().signal, rest);
  const sizes: number[] = [];
  for (let i = 0; i < 2; i++) sizes.push((await pages.next()).value?.records.length ?? 0);
  expect([sizes, rests]).toEqual([[500, 500], 0]);
  const next = pages.next();
  // What comes while it rests comes in one.
  await log.append(entries(3));
  await log.append(entries(4));
  expect(rests).toBe(1);
  resting.resolve();
  expect((await next).value?.records.length).toBe(207);
  resting = Promise.withResolvers();
  const another = pages.next();
  await log.append([entry('x', { topic: 'other' })]);
  expect(rests).toBe(2);
  resting.resolve();
  await log.append([entry('y')]);
  expect(ids((await another).value?.records ?? [])).toEqual(['y']);
  expect(rests).toBe(3);
});
