import type { LiveFormat } from './live-format.ts';

/** Server-Sent Events. Every frame but the heartbeat carries the position to resume from as its id. */
export const sse: LiveFormat = {
  contentType: 'text/event-stream; charset=utf-8',
  hello: ({ position, ...hello }) => `id: ${position}\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n`,
  event: (position, envelope) => `id: ${position}\nevent: envelope\ndata: ${envelope}\n\n`,
  gap: (gap) => `event: gap\ndata: ${JSON.stringify(gap)}\n\n`,
  cut: (cut) => `event: cut\ndata: ${JSON.stringify(cut)}\n\n`,
  encode: (parts) => Buffer.from(parts.join('')),
  heartbeat: ': heartbeat\n\n',
};
