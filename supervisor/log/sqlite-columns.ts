import type { Group } from './append-queue.ts';
import type { LogRecord } from './port.ts';
import type { CommitRequest, ReadReply } from './sqlite-protocol.ts';
import { isTelemetry } from './telemetry-topics.ts';

/** Records become columns on their way to the worker. */
export function toRequest({ records, documents }: Group): CommitRequest {
  return {
    first: records[0]?.offset ?? 0,
    documents,
    rooms: records.map((record) => record.roomId),
    topics: records.map((record) => record.topic),
    ids: records.map((record) => record.id),
    ts: records.map((record) => record.ts),
    receivedAt: records.map((record) => record.receivedAt),
    json: records.map((record) => record.json),
    telemetry: records.map((record) => (isTelemetry(record.topic) ? 1 : 0)),
  };
}

/** And records again on their way back. */
export function toRecords(columns: ReadReply): LogRecord[] {
  return columns.offsets.map((offset, i) => ({
    offset,
    roomId: columns.rooms[i] ?? '',
    topic: columns.topics[i] ?? '',
    id: columns.ids[i] ?? '',
    ts: columns.ts[i] ?? 0,
    receivedAt: columns.receivedAt[i] ?? 0,
    json: columns.json[i] ?? '',
  }));
}
