import { readdir } from 'node:fs/promises';

type Options = Readonly<Record<string, unknown>>;
export type OptionsCheck =
  | { readonly ok: true; readonly options: Options }
  | { readonly ok: false; readonly detail: string };

export interface ConnectorsConfig {
  readonly transcript: { readonly folder: string };
}

/** The environment has to hold them, and the kernel caps one variable at 128 KiB. */
const MAX_OPTIONS_BYTES = 65_536;

/** Checks a request's options for its connector and adds what the configuration says; `detail` is for the caller. */
export async function checkConnector(name: string, options: Options, config: ConnectorsConfig): Promise<OptionsCheck> {
  const checked = await checkByName(name, options, config);
  if (checked.ok && Buffer.byteLength(JSON.stringify(checked.options)) > MAX_OPTIONS_BYTES) {
    return refuse(`expected options of at most ${MAX_OPTIONS_BYTES} bytes`);
  }
  return checked;
}

async function checkByName(name: string, options: Options, config: ConnectorsConfig): Promise<OptionsCheck> {
  switch (name) {
    case 'local':
      return { ok: true, options };
    case 'transcript':
      return checkTranscript(options, config.transcript.folder);
    default:
      return refuse(`expected the connector local or transcript, got ${JSON.stringify(name)}`);
  }
}

async function checkTranscript(options: Options, folder: string): Promise<OptionsCheck> {
  const { meeting, speed } = options;
  if (speed !== undefined && !(typeof speed === 'number' && speed > 0)) {
    return refuse(`options.speed: expected a number above 0, got ${JSON.stringify(speed)}`);
  }
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

function refuse(detail: string): OptionsCheck {
  return { ok: false, detail };
}
