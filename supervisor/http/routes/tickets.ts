import type { App } from '../app.ts';
import { assertSees } from '../auth.ts';
import type { Rate } from '../rate.ts';
import { refusals } from '../refusals.ts';
import { ticketBody, ticketView } from '../ticket-schemas.ts';
import type { Tickets } from '../tickets.ts';

/** Tickets: for whom a token would be too much. See docs/access.md. */
export function ticketRoutes(app: App, { tickets, rate }: { readonly tickets: Tickets; readonly rate: Rate }): void {
  app.post(
    '/v1/tickets',
    {
      config: { access: 'any' },
      schema: {
        operationId: 'createTicket',
        summary: 'A short-lived ticket that may do no more than the caller; with rooms:join alone, an invitation',
        tags: ['access'],
        body: ticketBody,
        response: { 201: ticketView, ...refusals(413, 415, 422, 429) },
      },
    },
    async ({ body, caller, raw }, reply) => {
      rate.take(caller, raw.socket);
      for (const room of body.rooms ?? []) assertSees(caller, room);
      const { ticket, name, scopes, rooms, expiresAt } = tickets.issue(caller, body);
      return reply.code(201).send({ ticket, name, scopes: [...scopes], rooms: rooms ? [...rooms] : null, expiresAt });
    },
  );
}
