import { parseCommand } from '../../../spec/command.ts';
import type { RoomState, RoomView } from '../../room/api.ts';
import type { App, ServerDeps } from '../app.ts';
import { assertSees } from '../auth.ts';
import { Problem } from '../problem.ts';
import { refusals } from '../refusals.ts';
import {
  forCaller,
  found,
  noPolicy,
  notQuarantined,
  policyForCaller,
  retryAfter,
  unknownRoom,
} from '../room-answers.ts';
import {
  commandAccepted,
  commandBody,
  released,
  roomList,
  roomParams,
  roomPolicy,
  roomsQuery,
  roomView,
  spawnBody,
} from '../schemas.ts';

/** There is no bot, and none will come. */
const OVER: ReadonlySet<RoomState> = new Set(['stopped', 'failed', 'quarantined']);

/** Rooms: start, look at, talk to and stop them. */
export function roomRoutes(app: App, { rooms }: Pick<ServerDeps, 'rooms'>): void {
  app.post(
    '/v1/rooms',
    {
      config: { access: 'rooms:write' },
      schema: {
        operationId: 'spawnRoom',
        summary: 'Start a room, or find the one that runs with the same request',
        tags: ['rooms'],
        body: spawnBody,
        response: { 200: roomView, 201: roomView, ...refusals(409, 413, 415, 422, 423, 503) },
      },
    },
    async (request, reply) => {
      assertSees(request.caller, request.body.roomId);
      const { connector, options } = request.body;
      // What is played is read by whoever reads the room.
      if (connector === 'recording' && typeof options?.recording === 'string') {
        assertSees(request.caller, options.recording);
      }
      // A bot in a call hears the call: it is the room there that counts, whatever it is called here.
      if (connector === 'daily') for (const name of namedAtDaily(options)) assertSees(request.caller, name);
      const result = await rooms.spawn(request.body);
      switch (result.kind) {
        case 'created':
          reply.code(201).header('location', `/v1/rooms/${result.room.roomId}`);
          return forCaller(result.room, request.caller);
        case 'existing':
          return forCaller(result.room, request.caller);
        case 'conflict':
          throw new Problem('room-conflict', result.detail);
        case 'invalid':
          throw new Problem('invalid-room', result.detail);
        case 'unavailable':
          throw new Problem('assistant-unavailable', result.detail, retryAfter(result.retryAfterSeconds));
        case 'quarantined':
          throw new Problem('quarantined', result.detail, retryAfter(result.retryAfterSeconds));
        case 'full':
          throw new Problem('rooms-full', result.detail, retryAfter(result.retryAfterSeconds));
      }
    },
  );

  app.get(
    '/v1/rooms',
    {
      config: { access: 'rooms:read' },
      schema: {
        operationId: 'listRooms',
        summary: 'Running rooms and those whose events are still kept, by the page',
        tags: ['rooms'],
        querystring: roomsQuery,
        response: { 200: roomList, ...refusals() },
      },
    },
    async ({ caller, query: { state, running, from = '', limit } }) => {
      const wanted = (room: RoomView) =>
        room.roomId > from &&
        caller.sees(room.roomId) &&
        (state === undefined || state.includes(room.state)) &&
        (running === undefined || running !== OVER.has(room.state));
      const found = (await rooms.list()).filter(wanted);
      const page = found.slice(0, limit).map((room) => forCaller(room, caller));
      return { rooms: page, ...(found.length > limit && { next: page.at(-1)?.roomId }) };
    },
  );

  app.get(
    '/v1/rooms/:roomId',
    {
      config: { access: 'rooms:read' },
      schema: {
        operationId: 'getRoom',
        summary: 'One room, also after it has ended',
        tags: ['rooms'],
        params: roomParams,
        response: { 200: roomView, ...refusals(404) },
      },
    },
    async ({ params, caller }) => forCaller(found(await rooms.get(params.roomId), params.roomId), caller),
  );

  app.delete(
    '/v1/rooms/:roomId',
    {
      config: { access: 'rooms:write' },
      schema: {
        operationId: 'stopRoom',
        summary: 'Begin a graceful stop; asking again changes nothing',
        tags: ['rooms'],
        params: roomParams,
        response: { 202: roomView, ...refusals(404) },
      },
    },
    async ({ params, caller }, reply) => {
      const room = found(await rooms.stop(params.roomId), params.roomId);
      return reply.code(202).send(forCaller(room, caller));
    },
  );

  app.delete(
    '/v1/rooms/:roomId/quarantine',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'liftQuarantine',
        summary: "Let a room's id be used again",
        tags: ['rooms'],
        params: roomParams,
        response: { 200: released, ...refusals(404) },
      },
    },
    async ({ params: { roomId } }) => {
      if (!(await rooms.release(roomId))) throw notQuarantined(roomId);
      return { roomId, quarantine: null };
    },
  );

  app.post(
    '/v1/rooms/:roomId/commands',
    {
      config: { access: 'rooms:write' },
      schema: {
        operationId: 'sendCommand',
        summary: "Send a command to the room's bot",
        tags: ['rooms'],
        params: roomParams,
        body: commandBody,
        response: { 202: commandAccepted, ...refusals(404, 409, 413, 415, 422) },
      },
    },
    async ({ params: { roomId }, body }, reply) => {
      if (body.type === 'shutdown') {
        throw new Problem('invalid-command', `shutdown is the supervisor's own: use DELETE /v1/rooms/${roomId}`);
      }
      const parsed = parseCommand(body);
      if (!parsed.ok) {
        const got = Object.keys(body).join(', ');
        throw new Problem('invalid-command', `expected {"type": "app_message", "text": TEXT}, got the keys ${got}`);
      }
      if (parsed.command.type !== 'app_message') {
        throw new Problem('invalid-command', `${parsed.command.type} is the supervisor's own: expected app_message`);
      }
      const outcome = await rooms.send(roomId, parsed.command);
      if (outcome === 'unknown') throw unknownRoom(roomId);
      if (outcome === 'ended') throw new Problem('room-ended', `"${roomId}" has no bot to take a command`);
      return reply.code(202).send({ roomId, type: body.type });
    },
  );

  app.get(
    '/v1/rooms/:roomId/policy',
    {
      config: { access: 'rooms:read' },
      schema: {
        operationId: 'getRoomPolicy',
        summary: 'The policy in force, its version, and which layer gave each field',
        tags: ['rooms'],
        params: roomParams,
        response: { 200: roomPolicy, ...refusals(404) },
      },
    },
    async ({ params: { roomId }, caller }) => {
      const policy = await rooms.policy(roomId);
      if (policy === undefined) throw (await rooms.get(roomId)) === undefined ? unknownRoom(roomId) : noPolicy(roomId);
      return policyForCaller(policy, caller);
    },
  );
}

/** What the options name of rooms at Daily; what is no name of one is refused later. */
function namedAtDaily({ room, url }: Readonly<Record<string, unknown>> = {}): string[] {
  const inUrl = typeof url === 'string' && URL.canParse(url) ? new URL(url).pathname.slice(1) : undefined;
  return [room, inUrl].filter((name) => typeof name === 'string');
}
