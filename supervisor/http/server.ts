import type { Socket } from 'node:net';
import fastifySwagger from '@fastify/swagger';
import Fastify from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { App, ServerDeps } from './app.ts';
import { createAuth } from './auth.ts';
import type { Caller } from './caller.ts';
import { knowToken } from './caller.ts';
import { createGuard, guardRequests, HEADERS } from './hooks.ts';
import { asProblem, isAccessRefused, Problem, sendProblem } from './problem.ts';
import { createRate } from './rate.ts';
import { botRoutes } from './routes/bots.ts';
import { bringRoutes } from './routes/bring.ts';
import { consoleRoutes } from './routes/console.ts';
import { eventRoutes } from './routes/events.ts';
import { forwardingRoutes } from './routes/forwarding.ts';
import { historyRoutes } from './routes/history.ts';
import { localRoutes } from './routes/local.ts';
import { opsRoutes } from './routes/ops.ts';
import { roomRoutes } from './routes/rooms.ts';
import { socketIoRoutes } from './routes/socket-io.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { endSlowBody } from './slow-bodies.ts';
import { createEndpoint, isSocketIo } from './socket-io/endpoint.ts';
import { createStreams } from './streams.ts';
import { createTickets } from './tickets.ts';

const BODY_BYTES = 262_144;
const MAX_STREAMS = 1_000;
const REQUESTS_PER_MINUTE = 600;
const EVENTS_PER_MINUTE = 6_000;
const MAX_CONNECTIONS = 10_000;
/** How long a client may take to say what it asks for, in milliseconds. */
const HEADERS_MS = 15_000;
/** How long requests may take to end when the server closes, in milliseconds. */
const CLOSE_MS = 2_000;

export interface Server {
  /** Begins to answer; resolves with the address, such as `http://127.0.0.1:7070`. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<string>;
  /** Ends live streams, lets running requests end, then closes. Idempotent, legal before `listen`. */
  close(): Promise<void>;
}

/** The HTTP API over rooms and events. */
export function createServer(deps: ServerDeps): Server {
  const { cors = [] } = deps;
  const open = deps.tokens.length === 0;
  const guard = createGuard(open, cors);
  const known = deps.tokens.map(knowToken);
  const rate = createRate(deps.clock, {
    perMinute: deps.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    // No tokens tell consumers apart, so each connection is one.
    consumer: (caller, connection) => (open ? connection : caller),
    setting: 'http.streams.requestsPerMinute',
  });
  const eventRate = createRate(deps.clock, {
    perMinute: deps.eventsPerMinute ?? EVENTS_PER_MINUTE,
    // Tickets make no more of what their token may bring.
    consumer: (caller, connection) => (open ? connection : (caller.issuer ?? caller)),
    setting: 'http.eventsPerMinute',
  });
  const streams = createStreams({ ...deps, rate, max: deps.maxStreams ?? MAX_STREAMS });
  const tickets = createTickets(known, deps.localKey, deps.clock);
  const authorize = createAuth(known, tickets);
  const socketIo = createEndpoint({
    ...deps,
    streams,
    rate,
    authorize,
    maxConnections: deps.maxStreams ?? MAX_STREAMS,
  });
  const app: App = Fastify({
    bodyLimit: BODY_BYTES,
    exposeHeadRoutes: false,
    // Whatever else asks for another protocol is answered in this one.
    http: {
      shouldUpgradeCallback: isSocketIo,
      // A connection that is opened and says nothing keeps its place no longer than this.
      headersTimeout: HEADERS_MS,
      connectionsCheckingInterval: HEADERS_MS / 3,
    },
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      // No hook has seen it.
      sendProblem(reply.headers(HEADERS), asProblem(error, request) ?? new Problem('malformed', error.message));
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // Bodies that a web page may send without asking are refused by their media type.
  app.removeContentTypeParser('text/plain');
  app.decorateRequest<Caller | null>('caller', null);

  guardRequests(app, { guard, authorize, cors });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new Problem('unknown-route', `no ${request.method} ${request.url.split('?', 1)[0]}; /openapi.json lists what is`),
    ),
  );
  app.setErrorHandler((error, request, reply) => {
    const problem = asProblem(error, request);
    if (problem === undefined) deps.telemetry.internalError('http', error);
    else if (isAccessRefused(problem)) deps.telemetry.requestRefused(problem.kind);
    return sendProblem(reply, problem ?? new Problem('internal', "see roomd's log for what happened"));
  });

  app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'roomd', version: deps.version, description: 'Rooms, their bots and their events.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.register(async (instance) => {
    const routes = instance as unknown as App;
    roomRoutes(routes, deps);
    localRoutes(routes, deps);
    botRoutes(routes, deps);
    eventRoutes(routes, deps, streams);
    bringRoutes(routes, { ...deps, rate: eventRate });
    ticketRoutes(routes, { tickets, rate });
    historyRoutes(routes, deps);
    forwardingRoutes(routes, deps);
    opsRoutes(routes, deps, consoleRoutes(routes, deps.consoleFolder));
    socketIoRoutes(routes, socketIo);
    webhookRoutes(routes, deps);
    routes.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } }, async () => app.swagger());
  });

  app.server.maxConnections = deps.maxConnections ?? MAX_CONNECTIONS;
  app.server.on('drop', () => deps.telemetry.requestRefused('connections-full'));
  // Node closes idle connections by itself, but not those that a client opened ahead and never used.
  const unused = new Set<Socket>();
  app.server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', (request) => {
    unused.delete(request.socket);
    endSlowBody(request, deps.clock);
  });
  app.server.on('upgrade', (request, socket, head) => {
    unused.delete(request.socket);
    socketIo.upgrade(request, socket, head, guard);
  });

  let closing: Promise<void> | undefined;
  return {
    async listen(host, port) {
      return await app.listen({ host, port });
    },
    close() {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    streams.close();
    // Neither a client that stops reading nor a request that never ends may hold up the end.
    const cut = deps.clock.after(CLOSE_MS, () => {
      app.server.closeAllConnections();
      socketIo.close();
    });
    await socketIo.end();
    for (const socket of unused) socket.destroy();
    await app.close();
    socketIo.close();
    cut.cancel();
  }
}
