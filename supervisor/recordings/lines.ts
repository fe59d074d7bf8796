import { MAX_RECORDING_LINE } from '../../spec/recording.ts';

/** A recording isn't one; the message names the line. */
export class InvalidRecordingError extends Error {
  override name = 'InvalidRecordingError';
}

const NEWLINE = 0x0a;

/**
 * Bytes in pieces → whole lines with their numbers, from 1. Holds one line at most. Throws an InvalidRecordingError for
 * a line that is too long or no UTF-8, and for a last one that no line break ends: it may have been cut off.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<{ number: number; text: string }> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const take = (piece: Uint8Array) => {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_RECORDING_LINE) {
      throw new InvalidRecordingError(`line ${number}: expected at most ${MAX_RECORDING_LINE} bytes`);
    }
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, to));
      yield { number, text: decode() };
      from = to + 1;
      number += 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (length > 0)
    throw new InvalidRecordingError(`line ${number}: expected a line break at its end; the file is cut off`);

  function decode(): string {
    try {
      return decoder.decode(Buffer.concat(pieces));
    } catch {
      throw new InvalidRecordingError(`line ${number}: expected UTF-8`);
    } finally {
      pieces = [];
      length = 0;
    }
  }
}
