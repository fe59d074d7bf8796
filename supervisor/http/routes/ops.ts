import type { App, ServerDeps } from '../app.ts';
import type { Caller } from '../caller.ts';
import { refusals } from '../refusals.ts';
import { health, index, readiness, text } from '../schemas.ts';
import { type Console, wantsPage } from './console.ts';

const LINKS = {
  rooms: '/v1/rooms',
  bots: '/v1/bots',
  events: '/v1/events',
  recordings: '/v1/recordings',
  forward: '/v1/forward',
  deadLetters: '/v1/dead-letters',
  openapi: '/openapi.json',
  health: '/health',
  ready: '/ready',
  metrics: '/metrics',
};

/** What operators and their machines ask; a browser gets the console. */
export function opsRoutes(app: App, deps: ServerDeps, console: Console): void {
  const { clock, version, specVersion } = deps;
  const startedAt = clock.monotonic();

  app.get(
    '/',
    {
      config: { access: 'open' },
      schema: {
        operationId: 'index',
        summary: 'Where to go; for a browser, the console',
        tags: ['ops'],
        response: {
          200: {
            description: 'Where to go',
            content: { 'application/json': { schema: index }, 'text/html': { schema: text } },
          },
        },
      },
    },
    async ({ headers }, reply) => {
      reply.header('vary', 'accept');
      if (wantsPage(headers.accept)) return console.sendPage(reply);
      return reply.type('application/json').send({ name: 'roomd', version, specVersion, links: LINKS });
    },
  );

  app.get(
    '/health',
    {
      config: { access: 'open' },
      schema: { operationId: 'health', summary: 'The process lives', tags: ['ops'], response: { 200: health } },
    },
    async () => ({
      status: 'ok' as const,
      version,
      specVersion,
      uptimeMs: Math.round(clock.monotonic() - startedAt),
    }),
  );

  app.get(
    '/ready',
    {
      config: { access: 'open' },
      schema: {
        operationId: 'ready',
        summary: 'Rooms may be sent here; 503 with the reasons when not',
        tags: ['ops'],
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const reasons = [...deps.ready()];
      return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
    },
  );

  app.get(
    '/metrics',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'metrics',
        summary: 'Metrics in the text format of Prometheus',
        tags: ['ops'],
        response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: text } } }, ...refusals() },
      },
    },
    async ({ caller }, reply) => {
      const { registry } = deps.telemetry.metrics;
      return reply.type(registry.contentType).send(metricsFor(caller, await registry.metrics()));
    },
  );
}

/** Without the lines of rooms that the caller doesn't see. */
function metricsFor(caller: Caller, text: string): string {
  return text.replaceAll(/^\w+\{[^}]*\broom="([^"]*)".*\n/gm, (line, roomId: string) =>
    caller.sees(roomId) ? line : '',
  );
}
