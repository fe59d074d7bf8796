import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDryRun } from '../../../supervisor/forward/dry-run.ts';
import type { PutEventsInput } from '../../../supervisor/forward/port.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { dryRunLines } from './dry-run-lines.ts';
import { temporaryFolder } from './rig.ts';

const INPUT: PutEventsInput = {
  Entries: [{ Source: 'roomd', DetailType: 'a.b', Detail: '{"n":1}', Time: new Date(1_730_000_000_123) }],
};
const signal = new AbortController().signal;

async function open(over: { file?: string; rotateBytes?: number } = {}) {
  const file = over.file ?? join(await temporaryFolder(), 'dry-run.jsonl');
  const clock = new FakeClock();
  const target = await openDryRun({ bus: 'default', clock, file, ...over });
  return { file, clock, target };
}

describe('a dry run', () => {
  it('writes one line a request, readable by its owner only', async () => {
    const { file, clock, target } = await open();
    await target.send(INPUT, signal);
    clock.advance(5);
    await target.send(INPUT, signal);
    await target.close();
    const entry = { Source: 'roomd', DetailType: 'a.b', Detail: '{"n":1}', Time: '2024-10-27T03:33:20.123Z' };
    expect(await dryRunLines(file)).toEqual([
      { at: clock.now() - 5, input: { Entries: [entry] } },
      { at: clock.now(), input: { Entries: [entry] } },
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['{"at":1}\n{"at":2,"inp', '{"at":1}\n'],
    ['{"at":1', ''],
    ['', ''],
    ['{"at":1}\n', '{"at":1}\n'],
    [`{"at":1}\n${'x'.repeat(200_000)}`, '{"at":1}\n'],
    ['x'.repeat(200_000), ''],
  ])('cuts off a line that a crash has torn (%#)', async (before, after) => {
    const { file, target } = await open();
    await target.close();
    await writeFile(file, before);
    const again = await open({ file });
    expect(await readFile(file, 'utf8')).toBe(after);
    await again.target.send(INPUT, signal);
    await again.target.close();
    expect((await dryRunLines(file)).length).toBe(after === '' ? 1 : 2);
  });

  it('begins a new file when one is full, and keeps the last', async () => {
    const { file, target } = await open({ rotateBytes: 300 });
    for (let n = 0; n < 7; n++) await target.send(INPUT, signal);
    await target.close();
    const old = file.replace('.jsonl', '.1.jsonl');
    for (const each of [file, old]) expect((await stat(each)).size).toBeLessThanOrEqual(300);
    expect((await dryRunLines(file)).length + (await dryRunLines(old)).length).toBeGreaterThan(2);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('goes on with the file it finds', async () => {
    const { file, target } = await open();
    await target.send(INPUT, signal);
    await target.close();
    await appendFile(file, '');
    const again = await open({ file });
    await again.target.send(INPUT, signal);
    await again.target.close();
    expect(await dryRunLines(file)).toHaveLength(2);
  });

  it('refuses to open where it cannot write', async () => {
    await expect(open({ file: join(await temporaryFolder(), 'absent', 'dry-run.jsonl') })).rejects.toThrow('ENOENT');
  });
});
