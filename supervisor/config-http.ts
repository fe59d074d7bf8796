import { z } from 'zod';
import { isLoopback } from './base/loopback.ts';
import { SCOPES } from './base/scopes.ts';
import { name } from './config-parts.ts';

const scope = z.enum(SCOPES);

const token = z.strictObject({
  name,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the token as 64 lower-case hexadecimal digits'),
  scopes: z.array(scope).min(1),
  /** Patterns of room ids with `*`; absent: every room. */
  rooms: z.array(z.string().regex(/^[A-Za-z0-9._*-]{1,128}$/)).optional(),
});

const origin = z
  .string()
  .refine(
    (text) =>
      !text.includes('*') &&
      URL.canParse(text) &&
      /^https?:$/.test(new URL(text).protocol) &&
      new URL(text).origin === text,
    'expected an origin such as https://console.example: scheme, host and port, nothing behind',
  );

/** Where roomd listens, and to whom. */
export const http = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65535).default(7070),
    tokens: z.array(token).default([]),
    /** Origins of other sites whose pages may use the API, with a token or a ticket. */
    cors: z.array(origin).max(100).default([]),
    /** Open at once, of whatever kind: each takes an open file. */
    maxConnections: z.int().min(1).default(10_000),
    /** That a consumer may bring into rooms from outside. */
    eventsPerMinute: z.int().min(1).default(6_000),
    streams: z
      .strictObject({
        /** Open at once, of all kinds. */
        max: z.int().min(1).default(1_000),
        /** Streams that a consumer may open, and requests that it may make of open ones. */
        requestsPerMinute: z.int().min(1).default(600),
      })
      .prefault({}),
  })
  .refine(({ host, tokens }) => isLoopback(host) || tokens.length > 0, {
    message: 'expected tokens, since the host is reachable from outside: add http.tokens or listen on 127.0.0.1',
  })
  .refine(({ cors, tokens }) => cors.length === 0 || tokens.length > 0, {
    message: 'expected tokens, since pages of other sites may do what everybody may: add http.tokens',
    path: ['cors'],
  });
