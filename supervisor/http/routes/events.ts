import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { firstAccepted } from '../accept.ts';
import type { App, ServerDeps } from '../app.ts';
import { ticketInQuery } from '../hooks.ts';
import type { LiveFormat } from '../live-format.ts';
import { ndjson } from '../ndjson.ts';
import { Problem } from '../problem.ts';
import { openReading, readPage } from '../reading.ts';
import { refusals } from '../refusals.ts';
import { unknownRoom } from '../room-answers.ts';
import { allEventsQuery, eventPage, type eventsQuery, roomEventsQuery, roomParams, text } from '../schemas.ts';
import { sse } from '../sse.ts';
import type { Streams } from '../streams.ts';

const LIVE: ReadonlyMap<string, LiveFormat> = new Map([
  ['text/event-stream', sse],
  ['application/x-ndjson', ndjson],
]);

const response = {
  200: {
    description:
      'A page; or live: Server-Sent Events (`hello`, `envelope`, `gap`, `cut`) that resume with Last-Event-ID, ' +
      'or one JSON object a line (`{"hello"}`, `{"position","envelope"}`, `{"gap"}`, `{"heartbeat"}`). A reader that takes nothing for ' +
      '30 s is cut (`cut`), and told up to where it was written to',
    content: {
      'application/json': { schema: eventPage },
      'text/event-stream': { schema: text },
      'application/x-ndjson': { schema: text },
    },
  },
};

/** Events, of all rooms or of one: by the page, or live. */
export function eventRoutes(app: App, deps: ServerDeps, streams: Streams): void {
  app.get(
    '/v1/events',
    {
      config: { access: 'listen', ticketOf },
      schema: {
        operationId: 'readEvents',
        summary: 'Events of all rooms, in the order of the log',
        tags: ['events'],
        querystring: allEventsQuery,
        response: { ...response, ...refusals(503) },
      },
    },
    async (request, reply) => answer(request, request.query, reply, request.query.room),
  );

  app.get(
    '/v1/rooms/:roomId/events',
    {
      config: { access: 'listen', ticketOf },
      schema: {
        operationId: 'readRoomEvents',
        summary: 'Events of one room, also after it has ended',
        tags: ['events'],
        params: roomParams,
        querystring: roomEventsQuery,
        response: { ...response, ...refusals(404, 503) },
      },
    },
    async (request, reply) => {
      const { roomId } = request.params;
      const known = (await deps.rooms.get(roomId)) ?? (await deps.log.newest(roomId));
      if (known === undefined) throw unknownRoom(roomId);
      return answer(request, request.query, reply, [roomId]);
    },
  );

  /** `EventSource` sends no headers of ours. */
  function ticketOf(request: FastifyRequest): string | undefined {
    return liveFormat(request.headers.accept) === sse ? ticketInQuery(request) : undefined;
  }

  async function answer(
    { headers, caller, raw }: FastifyRequest,
    { topic, from, until, limit }: z.output<typeof eventsQuery>,
    reply: FastifyReply,
    rooms: readonly string[] | undefined,
  ): Promise<FastifyReply> {
    const format = liveFormat(headers.accept);
    if (format !== undefined && until !== undefined) {
      throw new Problem('malformed', 'until: expected none, for a live stream has no end; leave out the header Accept');
    }
    const resumed = format === undefined ? undefined : headers['last-event-id']?.toString();
    const start = resumed || from || (format === undefined ? 'start' : 'end');
    const wanted = { from: start, until, topics: topic, rooms, caller };
    const reading = await openReading(deps.log, wanted, deps.clock.now());
    reply.header('vary', vary(reply, 'accept')).header('cache-control', 'no-cache');
    if (format === undefined) return reply.type('application/json').send(await readPage(deps.log, reading, limit));
    streams.admit(caller, raw.socket);
    reply.header('x-accel-buffering', 'no').hijack();
    void streams.run(reply.raw, reply.getHeaders() as OutgoingHttpHeaders, format, reading, caller);
    return reply;
  }
}

/** What else an answer depends on. */
function vary(reply: FastifyReply, name: string): string {
  return [reply.getHeader('vary') ?? [], name].flat().join(', ');
}

/** The first media type of the header that names a way to read; undefined for a page. */
function liveFormat(accept: string | undefined): LiveFormat | undefined {
  return LIVE.get(firstAccepted(accept, (type) => LIVE.has(type) || type === 'application/json') ?? '');
}
