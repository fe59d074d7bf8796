import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { entries, openLog, readAll, temporaryFolder, upTo } from './support.ts';

const ROUNDS = 8;
const appender = fileURLToPath(new URL('./append-forever.ts', import.meta.url));

function startAppending(folder: string): ChildProcess {
  const child = spawn(process.execPath, [appender, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Kills the child as soon as it has acknowledged so many appends; resolves with the last offset it acknowledged. */
async function killAfter(child: ChildProcess, acknowledgements: number): Promise<number> {
  if (child.stdout === null) throw new Error('expected a pipe');
  const exited = once(child, 'exit');
  let last = 0;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Math.max(last, Number(line));
    count += 1;
    if (count === acknowledgements) child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return last;
}

test('killed at any moment, the log is whole: all that was acknowledged, without a hole', async () => {
  const folder = await temporaryFolder();
  let epoch: string | undefined;
  const moments = Array.from({ length: ROUNDS }, () => randomInt(1, 250));
  console.log(`kills after ${moments.join(', ')} acknowledgements`);
  for (const acknowledgements of moments) {
    const acknowledged = await killAfter(startAppending(folder), acknowledgements);
    const log = await openLog(folder);
    epoch ??= log.epoch;
    expect(log.epoch).toBe(epoch);
    expect(log.last).toBeGreaterThanOrEqual(acknowledged);
    const { records, gaps } = await readAll(log, { limit: 1_000 });
    expect(gaps).toBe(0);
    expect(records.map(({ offset }) => offset)).toEqual(upTo(log.last));
    expect(records.every(({ offset, id, json }) => id === String(offset) && JSON.parse(json).offset === offset)).toBe(
      true,
    );
    // The document belongs to the last append that is there: they commit together or not at all.
    if (log.last > 0) expect(await log.document('head')).toBe(log.last);
    await log.close();
  }
});

test('while another process has the log it is refused, and free as soon as that one is killed', async () => {
  const folder = await temporaryFolder();
  const owner = startAppending(folder);
  if (owner.stdout === null) throw new Error('expected a pipe');
  await once(owner.stdout, 'data');
  await expect(openLog(folder)).rejects.toThrow(/another roomd owns this data folder/);
  const exited = once(owner, 'exit');
  owner.kill('SIGKILL');
  await exited;
  await expect(openLog(folder)).resolves.toMatchObject({ problem: undefined });
});

test('an attempt from within the same process does not open the door to another one', async () => {
  const folder = await temporaryFolder();
  const owner = await openLog(folder);
  await expect(openLog(folder)).rejects.toThrow(/another roomd owns this data folder/);
  const other = spawn(process.execPath, [appender, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void other.kill('SIGKILL'));
  const [[code], stderr] = await Promise.all([once(other, 'exit'), text(other.stderr)]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/another roomd owns this data folder/);
  expect(await owner.append(entries(1))).toBe(1);
});
