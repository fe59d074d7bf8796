import type { RecordingView } from '../recordings/api.ts';
import { type Client, createClient, RefusedError } from './client.ts';
import { openExport } from './export.ts';
import { upload, uploadFile } from './import.ts';
import { CliError, type Io, painter, print } from './io.ts';
import { spawn } from './spawn.ts';
import { safe } from './text.ts';

export interface ReplayOptions {
  /** How many times as fast as it happened. */
  speed?: number;
  /** A file of YAML: one policy layer. */
  policy?: string;
  bot?: string;
  /** The room to play it in. */
  room?: string;
  /** Which run of the room's bot. */
  attempt?: number;
  option?: string[];
  wait?: boolean;
  json?: boolean;
}

const MAX_NAME = 128;
const SUFFIX = '.replay';

/**
 * `roomd replay ROOM|FILE`: plays a recording in a room of its own. A room is recorded as it is now; of a name that no
 * room has, the recording that is kept; what ends with .jsonl or names a folder is a file.
 */
export async function replay(what: string, options: ReplayOptions, io: Io): Promise<number> {
  const client = createClient(io);
  const recording = await find(client, what, io);
  const { name, missing, masked } = recording;
  const roomId = safe(recording.roomId);
  const say = (text: string) => print(io.err, painter(io.err, io.env)('dim', text));
  if (missing) say(`some events of ${roomId} were no longer kept: what is left is played`);
  if (masked) say(`what people said in ${roomId} is masked: reading it takes the scope events:pii`);
  const settings = [`recording=${JSON.stringify(name)}`, `speed=${options.speed ?? 1}`];
  if (options.attempt !== undefined) settings.push(`attempt=${options.attempt}`);
  const { bot, policy, wait, json } = options;
  const request = {
    connector: 'recording',
    option: [...(options.option ?? []), ...settings],
    ...(bot !== undefined && { bot }),
    ...(policy !== undefined && { policy }),
    ...(wait !== undefined && { wait }),
    ...(json !== undefined && { json }),
  };
  return spawn(options.room ?? replayName(name), request, io);
}

async function find(client: Client, what: string, io: Io): Promise<RecordingView> {
  if (/\.jsonl$|[/\\]/.test(what)) return uploadFile(client, what, undefined, io);
  try {
    const { body } = await openExport(client, what);
    if (body === null) throw new CliError(`expected an export of ${what}, got nothing`);
    return await upload(client, replayName(what), body);
  } catch (error) {
    if (!(error instanceof RefusedError && error.status === 404)) throw error;
    const { recordings } = (await client.json('GET', '/v1/recordings')) as { recordings: RecordingView[] };
    const kept = recordings.find(({ name }) => name === what);
    if (kept !== undefined) return kept;
    throw new CliError(`expected a room, a recording or a file, and there is no "${what}"; \`roomd ls\` lists rooms`);
  }
}

/** Beside the room that it was, so that a token for the one is one for the other. */
function replayName(name: string): string {
  return name.endsWith(SUFFIX) ? name : name.slice(0, MAX_NAME - SUFFIX.length) + SUFFIX;
}
