import { isAbsolute } from 'node:path';
import { ROOM_ID } from '../../spec/room-id.ts';
import { OptionsError } from '../options.ts';
import { DailyRoom } from './daily/room.ts';
import { LocalRoom } from './local.ts';
import type { Connector, RoomParts } from './port.ts';
import { type RecordingOptions, RecordingRoom } from './recording.ts';
import { type TranscriptOptions, TranscriptRoom } from './transcript.ts';

/** The connector of that name, not yet joined. Throws an OptionsError for another name or wrong options. */
export function createConnector(name: string, options: Readonly<Record<string, unknown>>, parts: RoomParts): Connector {
  switch (name) {
    case 'local':
      return new LocalRoom(parts);
    case 'daily':
      return new DailyRoom(parts);
    case 'transcript':
      return new TranscriptRoom(transcriptOptions(options), parts);
    case 'recording':
      return new RecordingRoom(recordingOptions(options), parts);
    default:
      throw new OptionsError(`connector: expected local, daily, transcript or recording, got ${JSON.stringify(name)}`);
  }
}

function transcriptOptions({ folder, meeting, speed }: Readonly<Record<string, unknown>>): TranscriptOptions {
  const common = playing(folder, speed);
  if (typeof meeting !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(meeting)) {
    throw new OptionsError(`options.meeting: expected the name of a recording, got ${JSON.stringify(meeting)}`);
  }
  return { ...common, meeting };
}

function recordingOptions({ folder, recording, speed, attempt }: Readonly<Record<string, unknown>>): RecordingOptions {
  const common = playing(folder, speed);
  if (typeof recording !== 'string' || !ROOM_ID.test(recording)) {
    throw new OptionsError(`options.recording: expected the name of a recording, got ${JSON.stringify(recording)}`);
  }
  if (attempt !== undefined && !(typeof attempt === 'number' && Number.isSafeInteger(attempt) && attempt > 0)) {
    throw new OptionsError(`options.attempt: expected a whole number, 1 or more, got ${JSON.stringify(attempt)}`);
  }
  return { ...common, recording, attempt };
}

/** What all that is played has in common. */
function playing(folder: unknown, speed: unknown = 1): { folder: string; speed: number } {
  if (typeof folder !== 'string' || !isAbsolute(folder)) {
    throw new OptionsError(`options.folder: expected an absolute path, got ${JSON.stringify(folder)}`);
  }
  if (typeof speed !== 'number' || !(speed > 0)) {
    throw new OptionsError(`options.speed: expected a number above 0, got ${JSON.stringify(speed)}`);
  }
  return { folder, speed };
}
