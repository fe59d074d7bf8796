/** Topic, payload, the publisher's clock, who brought it in; or where another run begins. */
export type RecordedEvent = [topic: string, payload: object, ts: number, by?: string];
export interface NextRun {
  readonly run: string;
  readonly attempt: number;
}

export const HEADER = {
  version: 1,
  roomId: 'talk',
  epoch: 'e',
  specVersion: 'sha256:0',
  first: 'e.1',
  last: 'e.9',
  missing: false,
  masked: false,
};

/** A recording as `roomd export` writes it. */
export function recordingText(events: readonly (RecordedEvent | NextRun)[], header: object = HEADER): string {
  let meta = { attempt: 1, runId: 'one' };
  let text = `${JSON.stringify({ recording: header })}\n`;
  for (const event of events) {
    if (!Array.isArray(event)) {
      meta = { attempt: event.attempt, runId: event.run };
      continue;
    }
    const [topic, payload, ts, by] = event;
    const of = { specVersion: 'sha256:0', runtime: 'bot', roomId: 'talk' };
    text += `${JSON.stringify({ id: 'i', ts, topic, ...of, payload, meta: { ...meta, by } })}\n`;
  }
  return text;
}
