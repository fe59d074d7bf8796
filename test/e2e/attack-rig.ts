import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scope } from '../../supervisor/base/scopes.ts';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { runDaemon, testBot } from '../helpers/daemon.ts';

export const WORDS = { acme: 'Qzx-words-of-acme', other: 'Qzx-words-of-others' };

const TOKENS: readonly (readonly [name: string, scopes: Scope[], rooms?: string[]])[] = [
  ['owner', ['rooms:read', 'rooms:write', 'rooms:join', 'events:read', 'events:write', 'events:pii']],
  ['operator', ['admin']],
  ['starter', ['rooms:write']],
  ['acme', ['rooms:read', 'events:read', 'events:pii'], ['acme-*']],
];

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What is in the configuration; the secrets are `secret-NAME`. */
export const tokens = TOKENS.map(([name, scopes, rooms]) => {
  return { name, sha256: sha256(`secret-${name}`), scopes, ...(rooms && { rooms }) };
});

export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

type Daemon = Awaited<ReturnType<typeof runDaemon>>;

export interface Guarded extends Daemon {
  /** A request in the name of a token. */
  as(name: string, method: string, path: string, body?: unknown): Promise<Response>;
}

/** A real daemon with tokens, and a room of each owner in which a bot has said something. */
export async function guardedDaemon(http: ConfigInput['http'] = {}): Promise<Guarded> {
  const bots = { puppet: { command: testBot('puppet') } };
  const daemon = await runDaemon({ http: { tokens: tokens.map((token) => ({ ...token })), ...http }, bots });
  const as: Guarded['as'] = (name, method, path, body) =>
    fetch(daemon.url + path, {
      method,
      headers: { ...bearer(`secret-${name}`), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  for (const [roomId, text] of [
    ['other', WORDS.other],
    ['acme-1', WORDS.acme],
  ] as const) {
    const options = { acts: [['message', text]] };
    const response = await as('owner', 'POST', '/v1/rooms', { roomId, bot: 'puppet', options });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    await said(daemon.url, roomId, text);
  }
  return { ...daemon, as };
}

/** Waits until the words are in the log. */
async function said(url: string, roomId: string, text: string): Promise<void> {
  const stop = new AbortController();
  const response = await fetch(`${url}/v1/rooms/${roomId}/events?from=start`, {
    headers: { ...bearer('secret-owner'), accept: 'application/x-ndjson' },
    signal: stop.signal,
  });
  let seen = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    seen += chunk;
    if (seen.includes(text)) break;
  }
  stop.abort();
}

/** A ticket as docs/access.md has it, made by hand from the key in the data folder. */
export async function forge(data: string, issuer: string, grant: object): Promise<string> {
  const key = Buffer.from((await readFile(join(data, 'local.key'), 'utf8')).trim(), 'hex');
  const own = createHmac('sha256', key).update('tickets').digest();
  const body = Buffer.from(JSON.stringify(grant)).toString('base64url');
  const signature = createHmac('sha256', own).update(`${issuer} ${sha256(`secret-${issuer}`)} ${body}`);
  return `roomd-ticket-1.${body}.${signature.digest('base64url')}`;
}
