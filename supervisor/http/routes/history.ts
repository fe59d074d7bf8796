import { Readable } from 'node:stream';
import { z } from 'zod';
import type { App, ServerDeps } from '../app.ts';
import { assertSees } from '../auth.ts';
import { exportRoom } from '../export.ts';
import { Problem } from '../problem.ts';
import { refusals } from '../refusals.ts';
import { unknownRoom } from '../room-answers.ts';
import { roomId, roomParams, text } from '../schemas.ts';

const NDJSON = 'application/x-ndjson';

const recordingParams = z.strictObject({ name: roomId });

const recordingView = z.object({
  name: z.string(),
  bytes: z.number(),
  roomId: z.string().describe('The room that was recorded'),
  epoch: z.string(),
  specVersion: z.string(),
  first: z.string().nullable().describe('Position of the first event'),
  last: z.string().nullable().describe('Position of the last event'),
  missing: z.boolean().describe("Whether events of the room weren't kept any more"),
  masked: z.boolean().describe('Whether what people said is masked'),
});

const recordingList = z.object({ recordings: z.array(recordingView) });

/**
 * Rooms as recordings: out of the log, and back in to be played. A recording's name is like a room's id, and a token that
 * is limited to rooms is limited to recordings of such names.
 */
export function historyRoutes(app: App, { rooms, log, recordings, specVersion, telemetry }: ServerDeps): void {
  // The route reads it as it comes; everything else takes JSON only.
  app.addContentTypeParser(NDJSON, (request, payload, done) => {
    if (request.routeOptions.url === '/v1/recordings/:name') done(null, payload);
    else done(new Problem('media-type', `expected Content-Type: application/json, got ${NDJSON}`));
  });

  app.get(
    '/v1/rooms/:roomId/export',
    {
      config: { access: 'events:read' },
      schema: {
        operationId: 'exportRoom',
        summary: 'What is kept of a room, as a recording: a line that says what it is, then one envelope a line',
        tags: ['history'],
        params: roomParams,
        response: {
          200: { description: 'The recording', content: { [NDJSON]: { schema: text } } },
          ...refusals(404),
        },
      },
    },
    async ({ params: { roomId }, caller }, reply) => {
      const known = (await rooms.get(roomId)) ?? (await log.newest(roomId));
      if (known === undefined) throw unknownRoom(roomId);
      const body = Readable.from(exportRoom(log, roomId, { caller, specVersion }));
      body.on('error', (error) => telemetry.internalError('export', error));
      return reply
        .type(`${NDJSON}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="${roomId}.jsonl"`)
        .send(body as unknown as string);
    },
  );

  app.get(
    '/v1/recordings',
    {
      config: { access: 'rooms:read' },
      schema: {
        operationId: 'listRecordings',
        summary: 'Recordings that can be played',
        tags: ['history'],
        response: { 200: recordingList, ...refusals() },
      },
    },
    async ({ caller }) => ({ recordings: (await recordings.list()).filter(({ name }) => caller.sees(name)) }),
  );

  app.put(
    '/v1/recordings/:name',
    {
      config: { access: 'rooms:write' },
      schema: {
        operationId: 'putRecording',
        summary: `Keep a recording (${NDJSON}) to be played by the connector \`recording\`, in place of one of that name`,
        tags: ['history'],
        params: recordingParams,
        response: { 200: recordingView, 201: recordingView, ...refusals(413, 415, 422, 507) },
      },
    },
    async ({ params: { name }, caller, body, raw }, reply) => {
      assertSees(caller, name);
      if (!(body instanceof Readable)) throw new Problem('media-type', `expected Content-Type: ${NDJSON}`);
      // A refusal must not cut the connection that it is told on.
      const stored = await recordings.put(name, body.iterator({ destroyOnReturn: false }));
      if (stored.kind === 'stored') return reply.code(stored.replaced ? 200 : 201).send(stored.recording);
      raw.resume();
      reply.header('connection', 'close');
      throw new Problem(stored.kind === 'invalid' ? 'invalid-body' : 'recordings-full', stored.detail);
    },
  );

  app.delete(
    '/v1/recordings/:name',
    {
      config: { access: 'rooms:write' },
      schema: {
        operationId: 'deleteRecording',
        summary: 'Forget a recording; rooms that play it go on',
        tags: ['history'],
        params: recordingParams,
        response: { 204: z.null().describe('It is gone'), ...refusals(404) },
      },
    },
    async ({ params: { name }, caller }, reply) => {
      assertSees(caller, name);
      if (!(await recordings.remove(name))) throw new Problem('unknown-recording', `no recording "${name}" is kept`);
      return reply.code(204).send(null);
    },
  );
}
