import type { FastifyReply } from 'fastify';
import { forwardStatus, type RedriveProgress, redriveProgress, type WholeDeadLetter } from '../../forward/api.ts';
import type { App, ServerDeps } from '../app.ts';
import { assertSees } from '../auth.ts';
import type { Caller } from '../caller.ts';
import {
  deadLetterPage,
  deadLetterParams,
  deadLettersQuery,
  redriveBody,
  wholeDeadLetter,
} from '../forwarding-schemas.ts';
import { Problem } from '../problem.ts';
import { envelopeFor } from '../reading.ts';
import { refusals } from '../refusals.ts';

const REDRIVE = '/v1/dead-letters/redrive';

/** Where forwarding stands, what it had to set aside, and sending that again. */
export function forwardingRoutes(app: App, { forwarding }: Pick<ServerDeps, 'forwarding'>): void {
  app.get(
    '/v1/forward',
    {
      config: { access: 'events:read' },
      schema: {
        operationId: 'getForwarding',
        summary: 'Where forwarding stands, and what became of every event',
        tags: ['forwarding'],
        response: { 200: forwardStatus, ...refusals() },
      },
    },
    async () => forwarding.status(),
  );

  app.get(
    '/v1/dead-letters',
    {
      config: { access: 'events:read' },
      schema: {
        operationId: 'listDeadLetters',
        summary: 'Events that could not be delivered, oldest first',
        tags: ['forwarding'],
        querystring: deadLettersQuery,
        response: { 200: deadLetterPage, ...refusals() },
      },
    },
    async ({ query: { from, limit, ...filter }, caller }) => {
      assertFilterSeen(caller, filter.roomId);
      const { deadLetters, next } = await forwarding.deadLetters.list(from, limit, { ...filter, sees: caller.sees });
      return { deadLetters: [...deadLetters], next };
    },
  );

  app.get(
    '/v1/dead-letters/:id',
    {
      config: { access: 'events:read' },
      schema: {
        operationId: 'getDeadLetter',
        summary: 'One dead letter with its event',
        tags: ['forwarding'],
        params: deadLetterParams,
        response: {
          200: { description: 'The dead letter', content: { 'application/json': { schema: wholeDeadLetter } } },
          ...refusals(404),
        },
      },
    },
    async ({ params: { id }, caller }, reply) => {
      const letter = await forwarding.deadLetters.get(id);
      if (letter === undefined || !caller.sees(letter.roomId)) throw unknownDeadLetter(id);
      return sendText(reply, textOf(letter, caller));
    },
  );

  app.post(
    REDRIVE,
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'startRedrive',
        summary: 'Begin to send dead letters again: those that meet all that is given',
        tags: ['forwarding'],
        body: redriveBody,
        response: { 202: redriveProgress, ...refusals(409, 413, 415, 422) },
      },
    },
    async ({ body: { all: _, ...selection }, caller }, reply) => {
      assertFilterSeen(caller, selection.roomId);
      const progress = await forwarding.redrive.start({ ...selection, sees: caller.sees });
      if (progress === undefined) {
        throw new Problem('redrive-running', `expected no redrive to run; GET ${REDRIVE} tells how far it is`);
      }
      return reply.code(202).header('location', REDRIVE).send(progress);
    },
  );

  app.get(
    REDRIVE,
    {
      config: { access: 'events:read' },
      schema: {
        operationId: 'getRedrive',
        summary: 'How far the redrive is that runs or ran last',
        tags: ['forwarding'],
        response: { 200: redriveProgress, ...refusals(404) },
      },
    },
    async () => some(forwarding.redrive.progress()),
  );

  app.delete(
    REDRIVE,
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'cancelRedrive',
        summary: 'Stop sending dead letters again; asking again changes nothing',
        tags: ['forwarding'],
        response: { 202: redriveProgress, ...refusals(404) },
      },
    },
    async (_request, reply) => reply.code(202).send(some(forwarding.redrive.cancel())),
  );
}

/** Past the schema of the answer: the numbers of an event must never be parsed. */
function sendText(reply: FastifyReply, json: string): FastifyReply {
  return reply.type('application/json').send(json);
}

function textOf(letter: WholeDeadLetter, caller: Caller): string {
  const { id, eventId, topic, roomId, reason, at, target, ts, receivedAt } = letter;
  const fields = JSON.stringify({ id, eventId, topic, roomId, reason, at, target, ts, receivedAt });
  return `${fields.slice(0, -1)},"envelope":${envelopeFor(caller, letter)}}`;
}

function assertFilterSeen(caller: Caller, roomId: string | undefined): void {
  if (roomId !== undefined) assertSees(caller, roomId);
}

function some(progress: RedriveProgress | undefined): RedriveProgress {
  if (progress !== undefined) return progress;
  throw new Problem('no-redrive', `no redrive has run since roomd started; POST ${REDRIVE} begins one`);
}

/** The same for a room that the caller doesn't see: ids tell nothing. */
function unknownDeadLetter(id: string): Problem {
  return new Problem('unknown-dead-letter', `no dead letter "${id}", or it has been delivered since`);
}
