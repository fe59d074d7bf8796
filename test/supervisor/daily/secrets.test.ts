import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../../browser/browser.ts';
import { tracesIn } from '../../helpers/traces.ts';
import { serveDaily, stubDaily, toldTo, WEBHOOK_SECRET } from './daemon-rig.ts';
import { restServer } from './rig.ts';

const hashOf = (token = '') => createHash('sha256').update(token).digest('hex');

/** Every file below the folder, as far as it can be read. */
async function contents(folder: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) found.set(path, bytes);
  }
  return found;
}

describeInBrowser('the token of a bot', () => {
  it('comes by its standard input, and is to be found nowhere else', { timeout: 120_000 }, async () => {
    const rest = await restServer();
    stubDaily(rest.key);
    const roomd = await serveDaily({ apiUrl: rest.url }, { bots: { warm: 1 } });
    const texts: string[] = [];
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(roomd.url + path, init);
      texts.push(JSON.stringify([...response.headers]), await response.text());
      return response.status;
    };
    const spawn = { roomId: 'standup', connector: 'daily', bot: 'caller' };
    const headers = { 'content-type': 'application/json' };
    expect(await ask('/v1/rooms', { method: 'POST', headers, body: JSON.stringify(spawn) })).toBe(201);
    const told = await toldTo(roomd, 'standup');
    expect(told).toMatchObject({
      type: 'room.access',
      url: 'https://team.daily.co/standup',
      userName: 'roomd',
      page: join(roomd.data, 'browser/pages'),
      hash: hashOf(rest.tokens[0]),
    });
    expect(told.expiresAt).toBeGreaterThan(Date.now() + 4 * 3_600_000);

    // Another run has another token.
    const { pid } = await roomd.room('standup');
    const processes = [pid, roomd.process.pid].map((each) => readFileSync(`/proc/${each}/cmdline`));
    const environment = readFileSync(`/proc/${pid}/environ`);
    await roomd.post('/v1/rooms/standup/commands', { type: 'app_message', text: 'crash' });
    expect((await toldTo(roomd, 'standup', 2)).hash).toBe(hashOf(rest.tokens[1]));
    expect(new Set(rest.tokens).size).toBe(2);

    // Nobody else may tell a bot such a thing.
    for (const type of ['room.access', 'room.refused']) {
      const command = { type, url: 'https://elsewhere.daily.co/r', page: '/p', reason: 'r', retryable: true };
      expect((await roomd.post('/v1/rooms/standup/commands', command)).status).toBe(422);
    }

    for (const path of [
      '/v1/rooms',
      '/v1/rooms/standup',
      '/v1/rooms/standup/events?from=start&limit=1000',
      '/v1/rooms/standup/export',
      '/v1/rooms/standup/policy',
      '/v1/events?from=start&limit=1000',
      '/v1/bots',
      '/metrics',
      '/ready',
      '/openapi.json',
    ]) {
      expect(await ask(path), path).toBe(200);
    }
    const secrets = [...rest.tokens, rest.key, WEBHOOK_SECRET];
    const places: [string, Buffer][] = [...(await contents(roomd.data))];
    await roomd.stop('standup');
    await roomd.over('standup');
    expect(await roomd.end('SIGTERM')).toBe(0);
    places.push(...(await contents(roomd.data)));
    places.push(['answers', Buffer.from(texts.join('\n'))], ['log', Buffer.from(roomd.lines.join('\n'))]);
    places.push(['environment', environment], ...processes.map((bytes): [string, Buffer] => ['arguments', bytes]));
    for (const [place, bytes] of places) expect(tracesIn(bytes, secrets), place).toEqual([]);
    expect(roomd.lines.join('\n')).toContain('bot gets access to its room');
  });
});
