import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { readCommands } from '../../bot/commands.ts';

async function read(chunks: (string | Buffer)[]): Promise<unknown[]> {
  const seen: unknown[] = [];
  const input = new PassThrough();
  const end = Promise.withResolvers<void>();
  readCommands(input, {
    onCommand: (command) => seen.push(command.type),
    onIgnored: (detail) => seen.push(`ignored: ${detail}`),
    onEnd: () => {
      seen.push('end');
      end.resolve();
    },
  });
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await finished(input, { readable: false });
  await end.promise;
  return seen;
}

const warn = '{"type":"policy.warn","rule":"r","causeId":"c"}';

test('commands come out of any chunks, byte by byte too, and the end of input is told once', async () => {
  const text = `${warn}\n{"type":"shutdown","reason":"ü","deadlineMs":1}\r\n\n`;
  const expected = ['policy.warn', 'shutdown', 'end'];
  expect(await read([text])).toEqual(expected);
  expect(await read([...Buffer.from(text)].map((byte) => Buffer.of(byte)))).toEqual(expected);
});

test('lines that are no commands are told and skipped', async () => {
  const seen = await read(['junk\n[]\n{"type":"dance"}\n', `{"type":"app_message","text":""}\n${warn}\n`]);
  expect(seen).toHaveLength(6);
  expect(seen.slice(0, 4).every((entry) => String(entry).startsWith('ignored: '))).toBe(true);
  expect(seen.slice(4)).toEqual(['policy.warn', 'end']);
});

test('a line without end is dropped and what follows is understood', async () => {
  const long = Array.from({ length: 20 }, () => 'x'.repeat(10_000));
  expect(await read([...long, '\n', `${warn}\n`])).toEqual(['policy.warn', 'end']);
});
