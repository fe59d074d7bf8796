import { isAbsolute } from 'node:path';
import { OptionsError } from '../options.ts';
import { LocalRoom } from './local.ts';
import type { Connector, RoomParts } from './port.ts';
import { type TranscriptOptions, TranscriptRoom } from './transcript.ts';

/** The connector of that name, not yet joined. Throws an OptionsError for another name or wrong options. */
export function createConnector(name: string, options: Readonly<Record<string, unknown>>, parts: RoomParts): Connector {
  switch (name) {
    case 'local':
      return new LocalRoom(parts);
    case 'transcript':
      return new TranscriptRoom(transcriptOptions(options), parts);
    default:
      throw new OptionsError(`connector: expected local or transcript, got ${JSON.stringify(name)}`);
  }
}

function transcriptOptions({ folder, meeting, speed = 1 }: Readonly<Record<string, unknown>>): TranscriptOptions {
  if (typeof folder !== 'string' || !isAbsolute(folder)) {
    throw new OptionsError(`options.folder: expected an absolute path, got ${JSON.stringify(folder)}`);
  }
  if (typeof meeting !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(meeting)) {
    throw new OptionsError(`options.meeting: expected the name of a recording, got ${JSON.stringify(meeting)}`);
  }
  if (typeof speed !== 'number' || !(speed > 0)) {
    throw new OptionsError(`options.speed: expected a number above 0, got ${JSON.stringify(speed)}`);
  }
  return { folder, meeting, speed };
}
