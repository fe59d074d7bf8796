import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DailyWebhooks, Refused } from '../../daily/api.ts';
import type { App, ServerDeps } from '../app.ts';
import { Problem, type ProblemKind } from '../problem.ts';
import { refusals } from '../refusals.ts';
import { retryAfter } from '../room-answers.ts';

/** Far more than Daily tells of anything. */
const BODY_BYTES = 16_384;
/** Bodies that come at once: whoever sends one may be anybody, until it has come. */
const MAX_COMING = 1_024;
/** When Daily is asked to deliver again. */
const RETRY_AFTER_SECONDS = 10;

const REFUSED: Readonly<Record<Refused['kind'], ProblemKind>> = {
  forged: 'not-signed',
  stale: 'not-fresh',
  malformed: 'malformed',
  off: 'no-webhooks',
  stopping: 'stopping',
};

const delivery = z.union([
  z
    .looseObject({ id: z.string(), type: z.string(), payload: z.unknown(), event_ts: z.number() })
    .describe("An event of Daily's"),
  z.looseObject({ test: z.unknown() }).describe('With which Daily looks whether somebody is there: {"test": "test"}'),
]);

const headers = z.looseObject({
  'x-webhook-signature': z.string().optional().describe('Of X-Webhook-Timestamp, a point and the body'),
  'x-webhook-timestamp': z.string().optional(),
});

const received = z
  .object({ received: z.enum(['taken', 'repeated', 'test']).describe('repeated: one of its id has come already') })
  .describe('What follows from it happens behind');

/** What Daily tells of meetings. Its signature is all that is asked for: no token, and no name of this machine. */
export function webhookRoutes(app: App, { webhooks }: Pick<ServerDeps, 'webhooks'>): void {
  const coming = new Set<IncomingMessage>();
  app.register(async (instance) => {
    // The bytes as they were signed, whatever they are said to be.
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

    const typed = instance as unknown as App;
    typed.setValidatorCompiler((part) =>
      part.httpPart === 'body'
        ? (value) => ({ value })
        : validatorCompiler(part as Parameters<typeof validatorCompiler>[0]),
    );

    typed.post(
      '/webhooks/daily',
      {
        config: { access: 'open', signed: true },
        bodyLimit: BODY_BYTES,
        schema: {
          operationId: 'receiveDailyWebhook',
          summary: 'For Daily: an event of a meeting, signed',
          tags: ['webhooks'],
          security: [],
          headers,
          body: delivery,
          response: { 200: received, ...refusals(404, 413, 415, 503) },
        },
        onRequest: async (request) => {
          const refused = known(webhooks).refuses(...headOf(request));
          if (refused !== undefined) throw problemOf(refused);
          admit(coming, request.raw);
        },
        preValidation: async ({ raw }) => void coming.delete(raw),
      },
      async (request) => {
        const body = request.body as unknown;
        const [head] = headOf(request);
        const answer = known(webhooks).receive({ ...head, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) });
        if ('detail' in answer) throw problemOf(answer);
        return { received: answer.kind };
      },
    );
  });
}

function known(webhooks: DailyWebhooks | undefined): DailyWebhooks {
  if (webhooks === undefined) throw new Problem('no-webhooks', 'webhooks of Daily are not taken here');
  return webhooks;
}

/** What `refuses` wants to know. */
function headOf({ headers: all }: Pick<FastifyRequest, 'headers'>): Parameters<DailyWebhooks['refuses']> {
  const one = (name: string) => [all[name]].flat()[0];
  const bytes = all['transfer-encoding'] === undefined ? Number(all['content-length'] ?? 0) : undefined;
  return [{ signature: one('x-webhook-signature'), timestamp: one('x-webhook-timestamp') }, bytes];
}

function problemOf({ kind, detail }: Refused): Problem {
  return new Problem(REFUSED[kind], detail, kind === 'stopping' ? retryAfter(RETRY_AFTER_SECONDS) : {});
}

/** One more body comes. Of too many the oldest goes: what Daily sends has come long before that. */
function admit(coming: Set<IncomingMessage>, request: IncomingMessage): void {
  coming.add(request);
  request.once('close', () => coming.delete(request));
  if (coming.size <= MAX_COMING) return;
  const [oldest] = coming;
  oldest?.socket.destroy();
}
