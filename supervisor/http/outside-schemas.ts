import { z } from 'zod';

/** Body of `POST /v1/rooms/{roomId}/events`; the spec's own schemas decide on the rest. */
export const outsideEnvelope = z
  .looseObject({
    id: z.string().describe('UUID version 7: one of an id that has come already changes nothing'),
    ts: z.number().describe('Milliseconds since 1970'),
    topic: z.string(),
    specVersion: z.string(),
    runtime: z.enum(['browser', 'node']),
    payload: z.record(z.string(), z.unknown()),
  })
  .describe('An envelope; see docs/topics.html');

export const broughtEvent = z.object({
  id: z.string(),
  position: z.string().nullable().describe('Where it is in the log; null: one of that id has come already'),
});

export const broughtEvents = z.object({ events: z.array(broughtEvent) });
