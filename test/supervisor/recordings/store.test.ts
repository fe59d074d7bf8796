import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf } from '../../../supervisor/recordings/lines.ts';
import { openRecordings } from '../../../supervisor/recordings/store.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { HEADER, recordingText } from '../../helpers/recorded.ts';

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const to = from + (sizes[i % sizes.length] ?? 1);
    yield bytes.subarray(from, to);
    from = to;
  }
}

it('finds the lines, wherever the bytes are cut', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ''));
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), sizes, async (lines, pieces) => {
      const found: { number: number; text: string }[] = [];
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      for await (const each of linesOf(cut(bytes, pieces))) found.push(each);
      expect(found).toEqual(lines.map((text, i) => ({ number: i + 1, text: text.toWellFormed() })));
    }),
  );
});

it('keeps a recording byte for byte, for its owner alone, and leaves nothing of one that broke off', async () => {
  const folder = join(await temporaryFolder(), 'recordings');
  const recordings = await openRecordings(folder);
  const text = recordingText([['room.participant.joined', { participantId: 'Ä', isBot: false }, 0]]);
  expect(await recordings.put('talk', cut(Buffer.from(text), [7]))).toMatchObject({ kind: 'stored', replaced: false });
  async function* breaks() {
    yield Buffer.from(text);
    throw new Error('the client has gone');
  }
  await expect(recordings.put('talk', breaks())).rejects.toThrow('the client has gone');
  expect(await recordings.put('talk', cut(Buffer.from([0x7b, 0xff, 0x0a]), [1]))).toEqual({
    kind: 'invalid',
    detail: 'line 1: expected UTF-8',
  });
  expect(await readdir(folder)).toEqual(['talk.jsonl']);
  expect(await readFile(join(folder, 'talk.jsonl'), 'utf8')).toBe(text);
  expect((await stat(join(folder, 'talk.jsonl'))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

it('clears away what was left half written, and passes over what it did not write', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, '.partial-1'), 'x');
  await writeFile(join(folder, 'notes.txt'), 'x');
  await writeFile(join(folder, 'other.jsonl'), '{}\n');
  const recordings = await openRecordings(folder);
  expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'other.jsonl']);
  expect(await recordings.list()).toEqual([]);
  await expect(recordings.remove('../x')).rejects.toThrow('expected the name');
});

it('keeps of a header what belongs there, and takes none that is larger than it has to be', async () => {
  const recordings = await openRecordings(await temporaryFolder());
  const put = (change: object) =>
    recordings.put('r', cut(Buffer.from(`${JSON.stringify({ recording: { ...HEADER, ...change } })}\n`), [999]));
  const long = 'x'.repeat(129);
  for (const change of [
    { roomId: long },
    { roomId: '\x1b[31m' },
    { epoch: long },
    { specVersion: long },
    { first: long },
    { last: long },
  ]) {
    expect([change, await put(change)]).toMatchObject([change, { kind: 'invalid' }]);
  }
  expect(await put({ more: 'x'.repeat(900_000) })).toMatchObject({ kind: 'stored' });
  const { version: _, ...rest } = HEADER;
  expect(await recordings.list()).toEqual([{ name: 'r', bytes: expect.any(Number), ...rest }]);
});

it('reads a header as it was written, also where other texts would break their lines', async () => {
  const recordings = await openRecordings(await temporaryFolder());
  const text = `${JSON.stringify({ recording: { ...HEADER, epoch: 'a\u2028b' } })}\n`;
  expect(await recordings.put('r', cut(Buffer.from(text), [9]))).toMatchObject({ kind: 'stored' });
  expect(await recordings.list()).toMatchObject([{ epoch: 'a\u2028b' }]);
});

it('lists what is there, whatever goes meanwhile', async () => {
  const recordings = await openRecordings(await temporaryFolder());
  const names = Array.from({ length: 30 }, (_, i) => `r-${i}`);
  for (const name of names) await recordings.put(name, cut(Buffer.from(recordingText([])), [999]));
  const lists = names.flatMap((name) => [recordings.list(), recordings.remove(name), recordings.list()]);
  await Promise.all(lists);
  expect(await recordings.list()).toEqual([]);
});
