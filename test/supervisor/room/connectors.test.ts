import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkConnector, paceOf } from '../../../supervisor/room/connectors.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';

it('a recording is played when it is there, and asked for as it should be', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'talk.jsonl'), '');
  await writeFile(join(folder, 'secret.jsonl'), '');
  const config = { transcript: { folder }, recording: { folder } };
  const check = (options: Record<string, unknown>) =>
    checkConnector({ connector: 'recording', roomId: 'r', options }, config);
  const options = { recording: 'talk', speed: 10, attempt: 2, scoreEvery: 5 };
  expect(await check(options)).toEqual({ ok: true, options: { ...options, folder } });
  for (const [wrong, detail] of [
    [{ recording: 'other' }, 'there is no recording "other"'],
    [{ recording: '../talk' }, 'expected the name of a recording, got "../talk"'],
    [{}, 'expected the name of a recording, got undefined'],
    [{ recording: 'talk', speed: 0 }, 'options.speed: expected a number above 0, got 0'],
    [{ recording: 'talk', attempt: 1.5 }, 'options.attempt: expected a whole number'],
  ] as const) {
    const refused = await check(wrong);
    expect(refused).toEqual({ ok: false, detail: expect.stringContaining(detail) });
    expect(JSON.stringify(refused)).not.toContain('secret');
  }
});

it("only a replay's time runs at its speed", () => {
  expect(paceOf({ connector: 'recording', options: { speed: 10 } })).toBe(10);
  expect(paceOf({ connector: 'recording', options: {} })).toBe(1);
  expect(paceOf({ connector: 'transcript', options: { speed: 10 } })).toBe(1);
});
