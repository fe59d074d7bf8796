import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { firstAccepted } from '../accept.ts';
import type { App } from '../app.ts';

const INDEX = 'index.html';

/** Of the page, and of its workers, which go by the headers of their own script. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** A name that changes with what is inside: `main-4F2HD7QX.js`. */
const HASHED = /-[0-9A-Z]{8}\.[a-z0-9.]+$/;
const FOREVER = 'public, max-age=31536000, immutable';

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>roomd</title>
<h1>roomd is running, and its console is not built</h1>
<p>Run <code>./scripts/setup</code>, then load this page again. The API is here all the same: <a href="/openapi.json">/openapi.json</a>.</p>
`;

export type Console = ReturnType<typeof consoleRoutes>;

/** The console's files, as the build has left them; there is no secret in them. */
export function consoleRoutes(app: App, folder: string) {
  app.register(fastifyStatic, { serve: false });
  app.get('/console/*', { config: { access: 'open' }, schema: { hide: true } }, async (request, reply) =>
    sendFile(reply, (request.params as { '*': string })['*']),
  );

  return {
    /** Answers with the page, or with what to do to have one. */
    sendPage(reply: FastifyReply): FastifyReply {
      if (existsSync(join(folder, INDEX))) return sendFile(reply, INDEX);
      return reply.code(404).headers(HEADERS).type('text/html; charset=utf-8').send(NOT_BUILT);
    },
  };

  function sendFile(reply: FastifyReply, name: string): FastifyReply {
    reply.headers(HEADERS);
    if (HASHED.test(name)) reply.header('cache-control', FOREVER);
    return reply.sendFile(name, folder, { cacheControl: false, dotfiles: 'deny', index: false });
  }
}

/** Whether a browser asks for a page, rather than a program for data. */
export function wantsPage(accept: string | undefined): boolean {
  return firstAccepted(accept, (type) => type === 'text/html' || type === 'application/json') === 'text/html';
}
