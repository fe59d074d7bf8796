import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_RECORDING_BYTES, type RecordingHeader, readRecorded, readRecordingHeader } from '../../spec/recording.ts';
import { ROOM_ID } from '../../spec/room-id.ts';
import type { Recordings, RecordingView, Stored } from './api.ts';
import { InvalidRecordingError, linesOf } from './lines.ts';

const ENDING = '.jsonl';
/** A recording that isn't whole yet; no recording's name begins with a dot. */
const PARTIAL = '.partial-';
const MAX_RECORDINGS = 1_000;
const WRITE_CHARS = 262_144;

/** Where a data folder has its recordings. */
export function recordingsFolder(data: string): string {
  return join(data, 'recordings');
}

/** Opens the folder (made when it is missing), and removes what was left half written. */
export async function openRecordings(folder: string): Promise<Recordings> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const file of await readdir(folder)) if (file.startsWith(PARTIAL)) await rm(join(folder, file), { force: true });
  return new RecordingStore(folder);
}

class RecordingStore implements Recordings {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<RecordingView[]> {
    const views: RecordingView[] = [];
    for (const name of await this.#names()) {
      const view = await this.#view(name);
      if (view !== undefined) views.push(view);
    }
    return views;
  }

  async put(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Stored> {
    const replaced = await exists(this.#path(name));
    if (!replaced && (await this.#names()).length >= MAX_RECORDINGS) {
      return { kind: 'full', detail: `expected at most ${MAX_RECORDINGS} recordings; delete one first` };
    }
    const partial = join(this.#folder, PARTIAL + randomUUID());
    try {
      const file = await open(partial, 'wx', 0o600);
      try {
        await write(file, bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, this.#path(name));
    } catch (error) {
      await rm(partial, { force: true });
      if (error instanceof InvalidRecordingError) return { kind: 'invalid', detail: error.message };
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      return { kind: 'full', detail: `expected room on the disk of ${this.#folder}, got ${code}` };
    }
    const recording = await this.#view(name);
    if (recording === undefined) throw new Error(`the recording "${name}" was removed while it was stored`);
    return { kind: 'stored', recording, replaced };
  }

  async remove(name: string): Promise<boolean> {
    const there = await exists(this.#path(name));
    await rm(this.#path(name), { force: true });
    return there;
  }

  async #names(): Promise<string[]> {
    const files = (await readdir(this.#folder)).filter((file) => file.endsWith(ENDING));
    return files
      .map((file) => file.slice(0, -ENDING.length))
      .filter((name) => ROOM_ID.test(name))
      .sort();
  }

  /** Undefined for what somebody else has put there, or just removed. */
  async #view(name: string): Promise<RecordingView | undefined> {
    const path = this.#path(name);
    const header = await readHeader(path).catch(() => undefined);
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (header === undefined || size === undefined) return undefined;
    const { version: _, ...rest } = header;
    return { name, bytes: size, ...rest };
  }

  #path(name: string): string {
    if (!ROOM_ID.test(name)) throw new Error('expected the name of a recording');
    return join(this.#folder, name + ENDING);
  }
}

/** Line by line: what isn't a recording is refused at its first wrong line. */
async function write(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let size = 0;
  let text = '';
  let header: RecordingHeader | undefined;
  for await (const line of linesOf(bytes)) {
    const read = header === undefined ? readRecordingHeader(line.text) : readRecorded(line.text);
    if (!read.ok) throw new InvalidRecordingError(`line ${line.number}: ${read.problem}`);
    if ('version' in read.value) header = read.value;
    text += `${line.text}\n`;
    size += Buffer.byteLength(line.text) + 1;
    if (size > MAX_RECORDING_BYTES) throw new InvalidRecordingError(`expected at most ${MAX_RECORDING_BYTES} bytes`);
    if (text.length < WRITE_CHARS) continue;
    await file.writeFile(text);
    text = '';
  }
  if (header === undefined) throw new InvalidRecordingError('expected a recording, got nothing');
  await file.writeFile(text);
}

async function readHeader(path: string): Promise<RecordingHeader | undefined> {
  const input = createReadStream(path);
  try {
    for await (const { text } of linesOf(input)) {
      const read = readRecordingHeader(text);
      return read.ok ? read.value : undefined;
    }
    return undefined;
  } finally {
    input.destroy();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
