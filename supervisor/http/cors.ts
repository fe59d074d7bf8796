import fastifyCors from '@fastify/cors';
import type { App } from './app.ts';
import { isSocketIo } from './socket-io/endpoint.ts';

const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins use the API, with a token that they were given: no cookie goes with what they ask, so a
 * page has no right by itself. A preflight is answered without a token, for browsers send none.
 */
export function allowOrigins(app: App, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const listed = {
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Last-Event-ID'],
    exposedHeaders: ['Location', 'Retry-After', 'WWW-Authenticate'],
    maxAge: PREFLIGHT_SECONDS,
  };
  app.register(fastifyCors, {
    delegator: ({ raw }, decide) => {
      const isApi = raw.url?.startsWith('/v1/') === true || isSocketIo(raw);
      decide(null, isApi ? listed : { origin: false });
    },
  });
}
