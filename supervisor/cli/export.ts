import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Client, createClient } from './client.ts';
import { CliError, type Io, painter, print, writeLine } from './io.ts';
import { linesOf } from './lines.ts';

export interface ExportOptions {
  /** Where to write it; absent: to the output. */
  out?: string;
}

/** `roomd export ROOM`: what is kept of a room, as a recording. The file appears when it is whole. */
export async function exportRoom(roomId: string, { out }: ExportOptions, io: Io): Promise<number> {
  const response = await openExport(createClient(io), roomId);
  if (out === undefined) await eachLine(response, io, (line) => writeLine(io, line));
  else await toFile(response, resolve(io.cwd, out), io);
  return io.signal.aborted ? 130 : 0;
}

/** The answer to the request for a room's export, its body unread. */
export function openExport(client: Client, roomId: string): Promise<Response> {
  return client.open(`/v1/rooms/${encodeURIComponent(roomId)}/export`, { accept: 'application/x-ndjson' });
}

async function toFile(response: Response, path: string, io: Io): Promise<void> {
  const partial = `${path}.partial`;
  try {
    // It may hold what people said.
    const file = await open(partial, 'w', 0o600);
    let lines = 0;
    try {
      await eachLine(response, io, async (line) => {
        await file.write(`${line}\n`);
        lines += 1;
      });
    } finally {
      await file.close();
    }
    await rename(partial, path);
    print(io.err, painter(io.err, io.env)('dim', `${lines - 1} events in ${path}`));
  } catch (error) {
    await rm(partial, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof CliError || io.signal.aborted || code === undefined) throw error;
    throw new CliError(`can't write ${path}: ${message}`);
  }
}

async function eachLine(response: Response, io: Io, take: (line: string) => Promise<void>): Promise<void> {
  const lines = linesOf(response)[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await lines.next().catch((error: Error) => {
      if (io.signal.aborted) throw error;
      throw new CliError(`the export broke off (${error.message}): try again; roomd's log tells why`);
    });
    if (done === true) return;
    await take(value);
  }
}
