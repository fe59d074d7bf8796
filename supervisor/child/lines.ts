import { isAscii, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import split2 from 'split2';
import type { LineFault } from './port.ts';

export interface LineListener {
  onLine(line: string): void;
  onFault(fault: LineFault, bytes: number): void;
}

/**
 * Reads a byte stream as UTF-8 lines of at most `maxBytes` bytes; longer ones and invalid UTF-8 are reported and
 * skipped. The stream can be paused and resumed meanwhile. Resolves when it has ended; an error of it ends it.
 *
 * Every byte passes the splitter as one character (Latin-1), which makes lengths exact and keeps invalid UTF-8
 * visible; pure ASCII, the common case, needs no conversion for that.
 */
export function readLines(stream: Readable, maxBytes: number, listener: LineListener): Promise<void> {
  // While true, the line under way may hold bytes above 127.
  let mixed = false;
  const splitter = split2('\n', onRawLine, { maxLength: maxBytes, skipOverflow: true });

  function onRawLine(raw: string): undefined {
    if (raw.length > maxBytes) {
      // A line cut at the end of the stream was counted when it grew too long.
      if (!splitter.overflow) listener.onFault('line_too_long', raw.length);
    } else if (mixed && NON_ASCII.test(raw)) {
      const bytes = Buffer.from(raw, 'latin1');
      if (isUtf8(bytes)) listener.onLine(bytes.toString('utf8'));
      else listener.onFault('invalid_utf8', bytes.length);
    } else if (raw !== '' && raw !== '\r') {
      listener.onLine(raw);
    }
  }

  stream.on('data', (chunk: Buffer) => {
    const wasOverflowing = splitter.overflow;
    const endsLine = chunk.includes(NEWLINE);
    const ascii = isAscii(chunk);
    if (!ascii) mixed = true;
    splitter.write(ascii ? chunk : Buffer.from(chunk.toString('latin1')));
    if (ascii && endsLine) mixed = false;
    if (splitter.overflow && (endsLine || !wasOverflowing)) listener.onFault('line_too_long', maxBytes + 1);
  });
  return new Promise((resolve) => {
    const finish = () => splitter.end(resolve);
    stream.once('end', finish);
    stream.once('error', finish);
    stream.once('close', finish);
    splitter.resume();
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of bytes that ASCII leaves free
const NON_ASCII = /[^\x00-\x7f]/;
const NEWLINE = 10;
