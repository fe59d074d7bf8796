import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../supervisor/child/lines.ts';

async function read(chunks: Iterable<Uint8Array>, maxBytes: number): Promise<string[]> {
  const got: string[] = [];
  await readLines(Readable.from(chunks, { objectMode: false }), maxBytes, {
    onLine: (line) => got.push(line),
    onFault: (fault) => got.push(`!${fault}`),
  });
  return got;
}

function* cut(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (const size of cuts) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

/** The same, slowly and by the book. */
function reference(bytes: Uint8Array, maxBytes: number): string[] {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (line.length > maxBytes) lines.push('!line_too_long');
    else {
      try {
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
        if (text !== '' && text !== '\r') lines.push(text);
      } catch {
        lines.push('!invalid_utf8');
      }
    }
  }
  return lines;
}

describe('readLines', () => {
  it('reads any bytes, cut anywhere, as a naive reader does', async () => {
    const piece = fc.oneof(
      fc.constantFrom('\n', 'plain', 'é', '🦊', '\r\n', '\ufffd').map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(40).map((n) => Buffer.alloc(n, 'x')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }),
        async (pieces, cuts) => {
          const bytes = Buffer.concat(pieces);
          expect(await read(cut(bytes, cuts), 20)).toEqual(reference(bytes, 20));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps a line of exactly the limit and reports one byte more', async () => {
    const limit = 262_144;
    const text = `${'x'.repeat(limit)}\n${'é'.repeat(limit / 2)}\n${'x'.repeat(limit + 1)}\n${'é'.repeat(limit / 2)}x\nlast`;
    const got = await read([Buffer.from(text)], limit);
    expect(got.map((line) => line.slice(0, 14))).toEqual([
      'x'.repeat(14),
      'é'.repeat(14),
      '!line_too_long',
      '!line_too_long',
      'last',
    ]);
  });

  it('holds no more than the limit of a line that never ends', async () => {
    function* endless(): Generator<Uint8Array> {
      for (let i = 0; i < 1_000; i++) yield Buffer.alloc(65_536, 'x');
      yield Buffer.from('\nafter\n');
    }
    const before = process.memoryUsage().rss;
    expect(await read(endless(), 262_144)).toEqual(['!line_too_long', 'after']);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });
});
