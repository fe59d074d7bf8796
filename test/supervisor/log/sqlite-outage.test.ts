import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  entries,
  entry,
  ids,
  keepAll,
  metric,
  openLog,
  quietTelemetry,
  readAll,
  temporaryFolder,
  upTo,
} from './support.ts';

/** Telemetry, and a promise of the next outage's reason. */
function watchOutages() {
  const telemetry = quietTelemetry();
  let outage = Promise.withResolvers<string>();
  const commitFailed = (reason: string) => {
    telemetry.commitFailed(reason);
    outage.resolve(reason);
    outage = Promise.withResolvers();
  };
  return { telemetry: { ...telemetry, commitFailed }, outage: () => outage.promise };
}

const wide = (n: number) => entry(String(n), { roomId: `room-${n}`, json: JSON.stringify('x'.repeat(4_000)) });

test('a full database loses nothing, and commits go on when retention makes room', async () => {
  const { telemetry, outage } = watchOutages();
  const log = await openLog(await temporaryFolder(), { telemetry, maxPages: 60 });
  const full = outage().then(() => 'full' as const);
  let last = 0;
  let done: Promise<number>;
  do {
    last += 1;
    done = log.append([wide(last)], { head: last });
  } while ((await Promise.race([done, full])) !== 'full');
  const later = log.append([wide(last + 1)], { head: last + 1 });
  expect(log.problem).toMatch(/full/);
  expect(log.last).toBe(last - 1);
  expect(log.pending.records).toBe(2);
  expect((await readAll(log)).next).toBe(last - 1);
  expect(await log.document('head')).toBe(last - 1);
  expect(await log.trim({ ...keepAll, before: 1e15 })).toBe(last - 1);
  expect(await Promise.all([done, later])).toEqual([last, last + 1]);
  expect(log.problem).toBeUndefined();
  expect(await log.document('head')).toBe(last + 1);
  // From disk, where a room that the failed group brought along must not be missing.
  const rooms = [`room-${last}`, `room-${last + 1}`];
  expect(await Promise.all(rooms.map(async (room) => (await log.newest(room))?.id))).toEqual([
    String(last),
    String(last + 1),
  ]);
  expect(await metric(telemetry, 'log_commit_failures_total')).toBe(1);
});

test('closed while it is full, it rejects what never got to disk, and the rest is there', async () => {
  const { telemetry, outage } = watchOutages();
  const folder = await temporaryFolder();
  const log = await openLog(folder, { telemetry, maxPages: 60 });
  await log.append([wide(1)]);
  const full = outage();
  const pending = [upTo(200, 2).map(wide), [wide(201)]].map((group) => log.append(group, { head: 1 }));
  const refused = Promise.all(pending.map((done) => expect(done).rejects.toThrow(/closed while its disk refused/)));
  await full;
  await log.close();
  await refused;
  const again = await openLog(folder);
  expect(again.last).toBe(1);
  expect(await again.document('head')).toBeUndefined();
  expect(await again.append([wide(2)])).toBe(2);
});

const appender = fileURLToPath(new URL('./append-forever.ts', import.meta.url));
const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

test.skipIf(!canLimit)(
  'a disk that refuses to write stops commits, and what waited is there when it takes them again',
  async () => {
    const folder = await temporaryFolder();
    // 3 MiB a file, as the kernel sees it. Past that every write fails.
    const script = `trap '' XFSZ; ulimit -S -f 3072; exec "$0" "$@"`;
    const child = spawn('bash', ['-c', script, process.execPath, appender, folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    let acknowledged = 0;
    let failures = 0;
    const failed = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!line.includes('log cannot commit')) return;
      failures += 1;
      failed.resolve();
    });
    let acknowledgedInOutage = Number.POSITIVE_INFINITY;
    createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged = Math.max(acknowledged, Number(line));
      if (acknowledged > acknowledgedInOutage + 5_000) goesOn.resolve();
    });
    await failed.promise;
    acknowledgedInOutage = acknowledged;
    spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
    await goesOn.promise;
    child.kill('SIGKILL');
    await exited;
    expect(failures).toBe(1);
    const log = await openLog(folder);
    expect(log.last).toBeGreaterThanOrEqual(acknowledged);
    const { records, gaps } = await readAll(log, { limit: 1_000 });
    expect(gaps).toBe(0);
    expect(ids(records)).toEqual(upTo(log.last).map(String));
  },
);

test('when its worker dies, the log says so and rejects everything from then on', async () => {
  const fatal = Promise.withResolvers<Error>();
  const telemetry = quietTelemetry();
  const log = await openLog(await temporaryFolder(), { telemetry, onFatal: fatal.resolve });
  await log.append(entries(3));
  const waiting = log.changed(3, new AbortController().signal);
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
    void this.terminate();
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const pending = [log.append(entries(1)), log.append(entries(1))];
  const reasons = await Promise.allSettled(pending);
  expect(reasons.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await fatal.promise).message).toMatch(/worker/);
  await waiting;
  await expect(log.append(entries(1))).rejects.toThrow(/worker/);
  await expect(log.first()).rejects.toThrow(/worker/);
  expect(await metric(telemetry, 'log_commit_failures_total')).toBe(0);
  await log.close();
});
