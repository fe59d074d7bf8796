import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { App } from './app.ts';
import { type Authorize, assertSees } from './auth.ts';
import { allowOrigins } from './cors.ts';
import { assertLocalHost, assertNotEmbedded, assertOwnPage } from './doors.ts';
import { SOCKET_IO_PATH } from './socket-io/endpoint.ts';

/** Throws a Problem. `socket`: what is asked for is a Socket.IO connection, or a part of one. */
export type Guard = (request: Pick<IncomingMessage, 'headers'>, socket: boolean) => void;

/** On every answer, unless a route says otherwise. */
export const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface HookDeps {
  readonly guard: Guard;
  readonly authorize: Authorize;
  /** Origins whose pages may use the API. */
  readonly cors: readonly string[];
}

/** What every request goes through, in this order: is it for us, may its page ask, and who asks? */
export function guardRequests(app: App, { guard, authorize, cors }: HookDeps): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    // By the route: an address can be written in several ways.
    if (request.routeOptions.config.signed !== true) guard(request.raw, request.routeOptions.url === SOCKET_IO_PATH);
  });
  allowOrigins(app, cors);
  app.after(() => {
    app.addHook('onRequest', async (request) => {
      const { access = 'any', ticketOf } = request.routeOptions.config;
      request.caller = authorize({ headers: request.headers, ticket: ticketOf?.(request) }, access);
      const { roomId } = request.params as { roomId?: string };
      if (roomId !== undefined) assertSees(request.caller, roomId);
    });
  });
}

/**
 * Refuses what pages of other sites ask for with the rights of whoever reads them. `open`: no tokens are configured, so
 * whoever reaches roomd on this machine may do everything. With tokens a page has no rights but those that it was given;
 * sockets are kept from it all the same, for no browser asks first whether it may open one.
 */
export function createGuard(open: boolean, cors: readonly string[]): Guard {
  return (request, socket) => {
    if (open) {
      assertLocalHost(request);
      assertNotEmbedded(request);
    }
    if (open || socket) assertOwnPage(request, cors);
  };
}

/** The ticket of a request that can't send headers: `?ticket=`. */
export function ticketInQuery({ query }: FastifyRequest): string | undefined {
  const { ticket } = query as { ticket?: unknown };
  return typeof ticket === 'string' ? ticket : undefined;
}
