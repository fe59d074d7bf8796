import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RemoteLog } from './remote-log.ts';
import { openLog, readAll, temporaryFolder, upTo } from './support.ts';

const canTrace = process.platform === 'linux' && spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const run = canTrace || process.env.CI !== undefined;
const why = 'skipped: needs strace (apt-get install strace) and the right to trace a process';

const SYNC = 'fsync,fdatasync';

/** The command under which these system calls fail; `when` counts those of one thread. */
function failing(calls: string, error: string, when: string, file?: string): string[] {
  const only = file === undefined ? [] : ['-P', file];
  const inject = `inject=${calls}:error=${error}:when=${when}`;
  return ['strace', '-f', '-qq', '-o', '/dev/null', ...only, '-e', `trace=${calls}`, '-e', inject];
}

/** Appends of several sizes at once, each with a document that says how far the log goes with it. */
async function appendMuch(log: RemoteLog, rounds: number): Promise<number> {
  let last = 0;
  const done: Promise<number>[] = [];
  for (let i = 0; i < rounds; i++) {
    const count = [1, 3, 30, 150][i % 4] ?? 1;
    done.push(log.call('append', last + 1, count, 300 + (i % 7) * 100, { head: last + count }));
    last += count;
    if (done.length === 8) await done.shift();
  }
  expect(Math.max(...(await Promise.all(done)))).toBe(last);
  return last;
}

/** The log as the next process finds it: without a hole, each record once, and the document that belongs to the last. */
async function expectWhole(folder: string, accepted: number) {
  const log = await openLog(folder);
  expect(log.last).toBeGreaterThanOrEqual(accepted);
  const { records, gaps } = await readAll(log, { limit: 1_000 });
  expect([gaps, records.map(({ id }) => Number(id))]).toEqual([0, upTo(log.last)]);
  expect(await log.document('head')).toBe(log.last);
  await log.close();
}

/**
 * What strace saw of the writes and syncs of one file. After a sync that failed, the kernel may take pages for clean that
 * it never wrote: what was written since the sync before has to be written again before one succeeds.
 */
function countFailedSyncs(trace: string): number {
  let failed = 0;
  let written = new Set<string>();
  let doubtful = new Set<string>();
  for (const line of trace.split('\n')) {
    const place = /pwrite64\(.*, (\d+, \d+)\) += \d+$/.exec(line)?.[1];
    if (place !== undefined) {
      written.add(place);
    } else if (line.includes('sync(')) {
      if (line.includes('EIO')) {
        if (written.size > 0) failed += 1;
        for (const each of written) doubtful.add(each);
      } else {
        expect([...doubtful].filter((each) => !written.has(each))).toEqual([]);
        doubtful = new Set();
      }
      written = new Set();
    }
  }
  return failed;
}

describe.skipIf(!run)(run ? 'a disk that fails' : `a disk that fails (${why})`, () => {
  test.each([
    ['no sync', SYNC, '20+9'],
    ['no sync, several times in a row', SYNC, '40..44'],
    ['no write', 'pwrite64', '60+997'],
  ])('%s: what fails is not accepted, is tried again, and is there once', async (_, calls, when) => {
    const folder = await temporaryFolder();
    const log = new RemoteLog(failing(calls, 'EIO', when), folder);
    await log.has('opened');
    const last = await appendMuch(log, 400);
    const outages = log.happenings.filter(({ happened }) => happened === 'failed');
    expect(outages.length).toBeGreaterThan(0);
    expect(outages.every(({ reason }) => reason === 'disk I/O error')).toBe(true);
    let failed = false;
    for (const { happened } of log.happenings) {
      if (happened === 'answered') expect(failed).toBe(false);
      if (happened === 'failed') failed = true;
      if (happened === 'recovered') failed = false;
    }
    expect((await log.call('state')).last).toBe(last);
    await log.kill();
    await expectWhole(folder, last);
  });

  test.each(['log.db', 'log.db-wal'])('what a failed sync of %s may have lost is written again first', async (name) => {
    const folder = await temporaryFolder();
    const trace = join(folder, 'trace');
    const strace = ['strace', '-f', '-qq', '-y', '-s', '0', '-o', trace, '-P', join(folder, name)];
    const inject = ['-e', `trace=${SYNC},pwrite64`, '-e', `inject=${SYNC}:error=EIO:when=4+2`];
    const log = new RemoteLog([...strace, ...inject], folder);
    await log.has('opened');
    const last = await appendMuch(log, 400);
    await log.call('close');
    await log.exited;
    expect(countFailedSyncs(await readFile(trace, 'utf8'))).toBeGreaterThan(0);
    await expectWhole(folder, last);
  });

  test('killed while nothing can be synced, all that was accepted is there', async () => {
    const folder = await temporaryFolder();
    const log = new RemoteLog(failing(SYNC, 'EIO', '100+'), folder);
    await log.has('opened');
    void appendMuch(log, 10_000).catch(() => {});
    await log.has('failed');
    const { last, problem } = await log.call('state');
    expect(problem).toBe('disk I/O error');
    await log.kill();
    await expectWhole(folder, last);
  });

  test.each(['1..9', '1+'])('the database itself cannot be written (%s): its log keeps everything', async (when) => {
    const folder = await temporaryFolder();
    await (await openLog(folder)).close();
    const file = join(folder, 'log.db');
    const log = new RemoteLog(failing(`${SYNC},pwrite64,ftruncate`, 'EIO', when, file), folder);
    await log.has('opened');
    const last = await appendMuch(log, 500);
    await log.kill();
    await expectWhole(folder, last);
  });
});
