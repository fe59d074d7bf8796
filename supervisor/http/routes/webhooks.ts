import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Received } from '../../daily/api.ts';
import type { App, ServerDeps } from '../app.ts';
import { Problem, type ProblemKind } from '../problem.ts';
import { refusals } from '../refusals.ts';

const BODY_BYTES = 262_144;

const REFUSED: Readonly<Record<Extract<Received, { detail: string }>['kind'], ProblemKind>> = {
  forged: 'not-signed',
  stale: 'not-fresh',
  malformed: 'malformed',
  off: 'no-webhooks',
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
          response: { 200: received, ...refusals(404, 413, 415) },
        },
      },
      async (request) => {
        const body = request.body as unknown;
        const answer = webhooks?.receive({
          body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
          signature: request.headers['x-webhook-signature'],
          timestamp: request.headers['x-webhook-timestamp'],
        });
        if (answer === undefined) throw new Problem('no-webhooks', 'webhooks of Daily are not taken here');
        if ('detail' in answer) throw new Problem(REFUSED[answer.kind], answer.detail);
        return { received: answer.kind };
      },
    );
  });
}
