import { type FileHandle, open, rename } from 'node:fs/promises';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Outcome, Target } from './port.ts';

export interface DryRunOptions {
  readonly file: string;
  readonly bus: string;
  readonly clock: Clock;
  /** At this size the file becomes `NAME.1.jsonl` and a new one begins; one old file is kept. */
  readonly rotateBytes?: number;
}

const ROTATE_BYTES = 256 * 2 ** 20;
const CHUNK = 65_536;
const NEWLINE = 10;

/**
 * A target that writes down what would be sent: one line a request, `{"at": ms, "input": PutEventsInput}`, `Time` as
 * an ISO 8601 string in UTC. Mode 0600. A line that a crash has torn is cut off at opening.
 * Rejects with the system's error when the file can't be opened.
 */
export async function openDryRun(options: DryRunOptions): Promise<Target> {
  const { file, clock, rotateBytes = ROTATE_BYTES } = options;
  let handle = await open(file, 'a+', 0o600);
  let size = await cutTornLine(handle);
  let requests = 0;
  let isClosed = false;
  // One write after the other: lines never mix.
  let turn: Promise<unknown> = Promise.resolve();

  /** Can be tried again after any of its steps has failed. */
  async function rotate(): Promise<void> {
    await rename(file, file.replace(/(\.[^./]*)?$/, '.1$1')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    const next = await open(file, 'a+', 0o600);
    const full = handle;
    handle = next;
    size = 0;
    await full.close();
  }

  async function write(line: Buffer): Promise<void> {
    if (size > 0 && size + line.length > rotateBytes) await rotate();
    try {
      await handle.appendFile(line);
      size += line.length;
    } catch (error) {
      // Half a line may be there.
      await handle.truncate(size);
      throw error;
    }
  }

  return {
    name: `dry-run/${options.bus}`,
    async send(input, signal): Promise<Outcome[]> {
      const line = Buffer.from(`${JSON.stringify({ at: clock.now(), input })}\n`);
      const written = turn.then(() => {
        if (isClosed || signal.aborted) throw new Error('closed');
        return write(line);
      });
      turn = written.catch(() => {});
      try {
        await written;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return input.Entries.map(() => ({ kind: 'unavailable', reason }));
      }
      const request = ++requests;
      return input.Entries.map((_, index) => ({ kind: 'delivered', eventId: `dry-run-${request}-${index}` }));
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await turn;
      await handle.close();
    },
  };
}

/** Truncates to the last complete line; returns the size then. */
async function cutTornLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const chunk = Buffer.alloc(CHUNK);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    end = newline < 0 ? start : start + newline + 1;
    if (newline >= 0) break;
  }
  if (end < size) await handle.truncate(end);
  return end;
}
