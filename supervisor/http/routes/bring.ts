import { validatorCompiler } from 'fastify-type-provider-zod';
import { type Parsed, parseEnvelope } from '../../../spec/envelope.ts';
import { MAX_LINE_BYTES } from '../../../spec/limits.ts';
import { formatPosition } from '../../log/position.ts';
import type { Brought, RoomView } from '../../room/api.ts';
import type { App, ServerDeps } from '../app.ts';
import { whyNotFromOutside } from '../outside.ts';
import { broughtEvent, broughtEvents, outsideEnvelope } from '../outside-schemas.ts';
import { Problem } from '../problem.ts';
import type { Rate } from '../rate.ts';
import { refusals } from '../refusals.ts';
import { found, unknownRoom } from '../room-answers.ts';
import { roomParams } from '../schemas.ts';

const JSON_TYPE = 'application/json';
const NDJSON = 'application/x-ndjson';
const MAX_EVENTS = 100;
const BODY_BYTES = 2 ** 20;

type BringDeps = Pick<ServerDeps, 'rooms' | 'log'> & { readonly rate: Rate };

/** Events of browsers and services, into the log of a room that runs. */
export function bringRoutes(app: App, { rooms, log, rate }: BringDeps): void {
  app.register(async (instance) => {
    // As text: the numbers of an event must never be parsed.
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser([JSON_TYPE, NDJSON], { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        done(null, new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer));
      } catch {
        done(new Problem('malformed', 'expected a body in UTF-8'));
      }
    });

    // The spec reads what is in it.
    const typed = instance as unknown as App;
    typed.setValidatorCompiler((part) =>
      part.httpPart === 'body'
        ? (value) => ({ value })
        : validatorCompiler(part as Parameters<typeof validatorCompiler>[0]),
    );

    typed.post(
      '/v1/rooms/:roomId/events',
      {
        config: { access: 'events:write' },
        bodyLimit: BODY_BYTES,
        schema: {
          operationId: 'bringEvents',
          summary: `Bring an event into a running room; or, as ${NDJSON}, up to ${MAX_EVENTS}, one a line`,
          tags: ['events'],
          consumes: [JSON_TYPE, NDJSON],
          params: roomParams,
          body: outsideEnvelope,
          response: {
            200: broughtEvent.describe('One of that id has come already'),
            202: {
              description: 'On disk; of several, in their order',
              content: { [JSON_TYPE]: { schema: broughtEvent.or(broughtEvents) } },
            },
            ...refusals(404, 409, 413, 415, 422, 429, 503),
          },
        },
      },
      async ({ params: { roomId }, body, headers, caller, raw }, reply) => {
        const isOne = !headers['content-type']?.toLowerCase().startsWith(NDJSON);
        const lines = linesOf(body as unknown as string, isOne);
        rate.take(caller, raw.socket, lines.length);
        const room = found(await rooms.get(roomId), roomId);
        const events = readAll(lines, isOne, room);
        // All at once: they stay together, and are on disk together.
        const brought = await Promise.all(events.map((each) => rooms.bring(roomId, each, `http:${caller.name}`)));
        assertAllTaken(roomId, brought);
        const answers = events.map(({ envelope: { id } }, i) => ({ id, position: positionOf(brought[i]) }));
        const [only] = answers;
        if (!isOne || only === undefined) return reply.code(202).send({ events: answers });
        return reply.code(only.position === null ? 200 : 202).send(only);
      },
    );
  });

  function positionOf(brought: Brought | undefined): string | null {
    return brought?.kind === 'brought' ? formatPosition(log.epoch, brought.offset) : null;
  }
}

function linesOf(body: string, isOne: boolean): string[] {
  if (isOne) return [body];
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > 0 && lines.length <= MAX_EVENTS) return lines;
  throw new Problem('invalid-event', `expected 1 to ${MAX_EVENTS} events, one a line, got ${lines.length}`);
}

/** All of them, or a Problem that says what is wrong with each that is refused: then none is taken. */
function readAll(lines: readonly string[], isOne: boolean, room: RoomView): Parsed[] {
  const events: Parsed[] = [];
  const errors: { at: string; detail: string }[] = [];
  let isOfTopic = false;
  for (const [i, line] of lines.entries()) {
    const read = readOne(line, room);
    if ('event' in read) {
      events.push(read.event);
      continue;
    }
    errors.push({ at: isOne ? '' : `/${i}`, detail: read.detail });
    isOfTopic ||= read.topic;
  }
  const [first] = errors;
  if (first === undefined) return events;
  const where = isOne ? '' : `line ${Number(first.at.slice(1)) + 1}: `;
  throw new Problem(isOfTopic ? 'topic-not-allowed' : 'invalid-event', where + first.detail, { errors });
}

function readOne(line: string, room: RoomView): { event: Parsed } | { topic: boolean; detail: string } {
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_LINE_BYTES) {
    return { topic: false, detail: `expected an event of at most ${MAX_LINE_BYTES} bytes, got ${bytes}` };
  }
  const parsed = parseEnvelope(line);
  if (!parsed.ok) return { topic: false, detail: `${parsed.reason}: ${parsed.detail}` };
  return whyNotFromOutside(parsed, room) ?? { event: parsed };
}

function assertAllTaken(roomId: string, brought: readonly Brought[]): void {
  const kinds = new Set(brought.map(({ kind }) => kind));
  if (kinds.has('unknown')) throw unknownRoom(roomId);
  if (kinds.has('ended')) throw new Problem('room-ended', `"${roomId}" has ended: it takes no events`);
  if (!kinds.has('busy')) return;
  const taken = brought.filter(({ kind }) => kind !== 'busy').length;
  throw new Problem(
    'log-behind',
    `the log lags behind "${roomId}"; ${taken} of ${brought.length} were taken: send all again, and these are known by their id`,
    { headers: { 'retry-after': '1' } },
  );
}
