import type { RecordingHeader } from '../../spec/recording.ts';
import type { Log } from '../log/port.ts';
import { formatPosition } from '../log/position.ts';
import type { Caller } from './caller.ts';
import { envelopeFor } from './reading.ts';

const PAGE = 200;
const WRITE_CHARS = 65_536;

/**
 * What the log keeps of a room, up to its newest event now, as a recording: lines in pieces, read no faster than they
 * are taken. Throws when retention overtakes a reader that was told that nothing is missing.
 */
export async function* exportRoom(
  log: Log,
  roomId: string,
  { caller, specVersion }: { readonly caller: Caller; readonly specVersion: string },
): AsyncGenerator<string> {
  const masked = !caller.can('events:pii');
  // Wholly, also where whoever could be in the room may hear: the header says one thing of all of it.
  const reader = masked ? { ...caller, hears: () => false } : caller;
  const through = (await log.newest(roomId))?.offset ?? 0;
  const { epoch } = log;
  let page = await log.read({ after: 0, limit: PAGE, roomId });
  const first = page.records[0]?.offset;
  const missing = page.gap;
  const header: RecordingHeader = {
    version: 1,
    roomId,
    epoch,
    specVersion,
    first: first === undefined ? null : formatPosition(epoch, first),
    last: first === undefined ? null : formatPosition(epoch, Math.max(first, through)),
    missing,
    masked,
  };
  let text = `${JSON.stringify({ recording: header })}\n`;
  for (;;) {
    for (const record of page.records) {
      if (record.offset > through) break;
      text += `${envelopeFor(reader, record)}\n`;
      if (text.length < WRITE_CHARS) continue;
      yield text;
      text = '';
    }
    if (page.next >= through) break;
    page = await log.read({ after: page.next, limit: PAGE, roomId });
    if (page.gap && !missing) throw new Error('events were removed from the log while they were exported');
  }
  if (text !== '') yield text;
}
