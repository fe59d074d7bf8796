import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOM_ID } from '../../spec/room-id.ts';
import type { RoomRequest } from './api.ts';
import { checkDaily, type DailyRooms } from './daily-options.ts';

type Options = Readonly<Record<string, unknown>>;
export type OptionsCheck =
  | { readonly ok: true; readonly options: Options }
  | { readonly ok: false; readonly detail: string };

export interface ConnectorsConfig {
  readonly transcript: { readonly folder: string };
  /** Where recordings are kept. */
  readonly recording?: { readonly folder: string };
  readonly daily?: DailyRooms;
}

/** The environment has to hold them, and the kernel caps one variable at 128 KiB. */
const MAX_OPTIONS_BYTES = 65_536;

/** Checks a request's options for its connector and adds what the configuration says; `detail` is for the caller. */
export async function checkConnector(
  { connector, roomId, options = {} }: Pick<RoomRequest, 'connector' | 'roomId' | 'options'>,
  config: ConnectorsConfig,
): Promise<OptionsCheck> {
  const checked = await checkByName(connector, roomId, options, config);
  if (checked.ok && Buffer.byteLength(JSON.stringify(checked.options)) > MAX_OPTIONS_BYTES) {
    return refuse(`expected options of at most ${MAX_OPTIONS_BYTES} bytes`);
  }
  return checked;
}

async function checkByName(
  name: string,
  roomId: string,
  options: Options,
  config: ConnectorsConfig,
): Promise<OptionsCheck> {
  switch (name) {
    case 'local':
    case 'external':
      return { ok: true, options };
    case 'transcript':
      return checkTranscript(options, config.transcript.folder);
    case 'recording':
      return checkRecording(options, config.recording?.folder);
    case 'daily':
      return checkDaily(roomId, options, config.daily);
    default:
      return refuse(
        `expected the connector local, daily, external, transcript or recording, got ${JSON.stringify(name)}`,
      );
  }
}

async function checkTranscript(options: Options, folder: string): Promise<OptionsCheck> {
  const { meeting, speed } = options;
  if (!isSpeed(speed)) return refuse(`options.speed: expected a number above 0, got ${JSON.stringify(speed)}`);
  let meetings: string[];
  try {
    const names = await readdir(folder);
    meetings = names.filter((file) => file.endsWith('.jsonl')).map((file) => file.slice(0, -'.jsonl'.length));
  } catch (error) {
    return refuse(`the folder of meetings (connectors.transcript.folder) can't be read: ${(error as Error).message}`);
  }
  if (typeof meeting !== 'string' || !meetings.includes(meeting)) {
    const there = meetings.length > 0 ? meetings.sort().join(', ') : 'none';
    return refuse(`options.meeting: expected one of the meetings there are (${there}), got ${JSON.stringify(meeting)}`);
  }
  return { ok: true, options: { ...options, folder } };
}

/** Names of other recordings stay out of the answer: not everybody may know them. */
async function checkRecording(options: Options, folder: string | undefined): Promise<OptionsCheck> {
  const { recording, speed, attempt } = options;
  if (!isSpeed(speed)) return refuse(`options.speed: expected a number above 0, got ${JSON.stringify(speed)}`);
  if (attempt !== undefined && !(Number.isSafeInteger(attempt) && Number(attempt) > 0)) {
    return refuse(`options.attempt: expected a whole number, 1 or more, got ${JSON.stringify(attempt)}`);
  }
  if (folder === undefined || typeof recording !== 'string' || !ROOM_ID.test(recording)) {
    return refuse(`options.recording: expected the name of a recording, got ${JSON.stringify(recording)}`);
  }
  const there = await access(join(folder, `${recording}.jsonl`)).then(
    () => true,
    () => false,
  );
  if (!there) return refuse(`options.recording: there is no recording "${recording}"; \`roomd import\` stores one`);
  return { ok: true, options: { ...options, folder } };
}

/** How many times as fast as the wall clock the time runs by which a room's bot keeps its policy. */
export function paceOf({ connector, options }: Pick<RoomRequest, 'connector' | 'options'>): number {
  const { speed = 1 } = options ?? {};
  return connector === 'recording' && typeof speed === 'number' ? speed : 1;
}

function isSpeed(speed: unknown): boolean {
  return speed === undefined || (typeof speed === 'number' && speed > 0);
}

function refuse(detail: string): OptionsCheck {
  return { ok: false, detail };
}
