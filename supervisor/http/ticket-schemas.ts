import { z } from 'zod';
import { SCOPES } from '../base/scopes.ts';
import { expected } from './schemas.ts';

const scope = z.enum(SCOPES);

/** Body of `POST /v1/tickets`. */
export const ticketBody = z.strictObject({
  scopes: z
    .array(scope)
    .min(1)
    .max(20)
    .optional()
    .describe('Granted as far as the caller has them; absent: events:read and events:pii'),
  rooms: z
    .array(z.string().regex(/^[A-Za-z0-9._*-]{1,128}$/, { error: expected('a room id, or a pattern with *') }))
    .min(1)
    .max(20)
    .optional()
    .describe("Patterns with `*`, within the caller's own; absent: all that the caller sees"),
  seconds: z
    .int()
    .min(1)
    .default(60)
    .describe('To 3600; to 604800 (7 days) with rooms:join alone and rooms without *: an invitation'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, { error: expected('a name of 1 to 32 letters, digits, _ and -') })
    .default('ticket')
    .describe('For logs, behind the name of the token'),
});

export const ticketView = z.object({
  ticket: z.string().describe('To be shown as a token is; or as ?ticket= of an event stream'),
  expiresAt: z.number().describe('Milliseconds since 1970'),
  name: z.string(),
  scopes: z.array(scope).describe('What was asked for and the caller has'),
  rooms: z.array(z.string()).nullable().describe('Null: all that the caller sees'),
});
