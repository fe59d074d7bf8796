import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { ROOM_ID } from '../../spec/room-id.ts';
import type { RecordingView } from '../recordings/api.ts';
import { type Client, createClient } from './client.ts';
import { CliError, type Io, painter, print, wantsJson } from './io.ts';
import { paintName, safe } from './text.ts';

export interface ImportOptions {
  name?: string;
  json?: boolean;
}

/** `roomd import FILE`: gives the daemon a recording to keep. */
export async function importRecording(file: string, options: ImportOptions, io: Io): Promise<number> {
  const recording = await uploadFile(createClient(io), file, options.name, io);
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify(recording));
  else {
    const paint = painter(io.out, io.env);
    print(io.out, `${paintName(paint, recording.name)} is kept: ${recording.bytes} bytes of ${safe(recording.roomId)}`);
    print(io.out, paint('dim', `play it with \`roomd replay ${recording.name}\``));
  }
  return 0;
}

/** Stores the file under that name, or under its own. */
export async function uploadFile(
  client: Client,
  file: string,
  name: string | undefined,
  io: Io,
): Promise<RecordingView> {
  const path = resolve(io.cwd, file);
  const named = name ?? basename(path).replace(/\.jsonl$/, '');
  if (!ROOM_ID.test(named)) {
    throw new CliError(`expected a name of 1 to 128 of A-Z a-z 0-9 . _ -, got "${named}": give one with --name`, 2);
  }
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`expected a recording in ${path}, which can't be read (${error.code ?? error.message})`);
  });
  try {
    return await upload(client, named, handle.readableWebStream() as ReadableStream);
  } finally {
    await handle.close();
  }
}

/** Stores what comes under that name. */
export async function upload(client: Client, name: string, body: ReadableStream): Promise<RecordingView> {
  const path = `/v1/recordings/${encodeURIComponent(name)}`;
  return (await client.upload('PUT', path, 'application/x-ndjson', body)) as RecordingView;
}
