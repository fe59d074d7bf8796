import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import committed from '../../spec/generated/spec-version.json' with { type: 'json' };
import { temporaryFolder, testBot } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';
import { call } from '../supervisor/cli/rig.ts';
import { descriptor, order, word, writeTopics } from './own-topic-files.ts';

interface Seen {
  envelope: { topic: string; payload: Record<string, unknown> };
}

const token = (name: string, scopes: readonly string[]) => ({
  name,
  sha256: createHash('sha256').update(name).digest('hex'),
  scopes,
});

async function configured(data: string, topics: string): Promise<string> {
  const file = join(data, 'roomd.yaml');
  const tokens = [
    token('all', ['rooms:read', 'rooms:write', 'events:read', 'events:pii']),
    token('some', ['events:read']),
  ];
  // JSON is YAML. The path is seen from the file.
  const config = { spec: { topics: [topics] }, http: { tokens }, bots: { acme: { command: testBot('own-topics') } } };
  await writeFile(file, JSON.stringify(config));
  return file;
}

describe('a supervisor with topics of its operator', () => {
  it('accepts, validates, masks, governs and acknowledges them, and says which contract it speaks', async () => {
    const data = await temporaryFolder();
    const topics = writeTopics(join(data, 'topics'), order, word);
    const daemon = await serve(data, ['--config', await configured(data, './topics')]);
    const get = async <T>(path: string, name: string) => {
      const response = await fetch(daemon.url + path, { headers: { authorization: `Bearer ${name}` } });
      return (await response.json()) as T;
    };
    const { specVersion } = await get<{ specVersion: string }>('/', 'all');
    expect((await call(['spec', 'version', '--topics', topics])).out.text.trim()).toBe(specVersion);
    expect(specVersion).not.toBe(committed.specVersion);

    const options = { builtIn: committed.specVersion };
    const spawned = await fetch(`${daemon.url}/v1/rooms`, {
      method: 'POST',
      headers: { authorization: 'Bearer all', 'content-type': 'application/json' },
      body: JSON.stringify({ roomId: 'r', connector: 'external', bot: 'acme', options }),
    });
    expect(spawned.status).toBe(201);
    // The bot ends by itself when its own topic has been acknowledged.
    const stop = new AbortController();
    const live = await fetch(`${daemon.url}/v1/rooms/r/events?from=start&topic=supervisor.bot.exited`, {
      headers: { authorization: 'Bearer all', accept: 'application/x-ndjson' },
      signal: stop.signal,
    });
    let text = '';
    for await (const chunk of live.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.includes('"supervisor.bot.exited"')) break;
    }
    stop.abort();
    const events = (name: string) => get<{ events: Seen[] }>('/v1/rooms/r/events?from=start&limit=1000', name);
    const seen = (await events('all')).events.map(({ envelope }) => envelope);
    const orders = seen.filter(({ topic }) => topic === 'acme.order.placed');
    expect(orders.map(({ payload }) => payload)).toEqual([
      { orderId: '7', note: 'hunter2 note', items: [{ sku: 'a', name: 'hunter2 one' }, { sku: 'b' }] },
    ]);
    const rejected = seen.filter(({ topic }) => topic === 'events.envelope.rejected');
    const reasons = rejected.flatMap(({ payload }) => Object.keys((payload.reasons ?? {}) as object));
    expect(new Set(reasons)).toEqual(new Set(['invalid_payload', 'unknown_topic']));
    expect(seen.filter(({ topic }) => topic === 'events.runtime.version.mismatch')).toEqual([]);
    expect(seen.at(-1)?.payload).toMatchObject({ to: 'stopped' });

    const masked = await events('some');
    expect(JSON.stringify(masked)).not.toContain('hunter2 one');
    expect(JSON.stringify(masked)).not.toContain('hunter2 note');
    const mine = masked.events.find(({ envelope }) => envelope.topic === 'acme.order.placed');
    expect(mine?.envelope.payload).toEqual({
      orderId: '7',
      note: '[redacted]',
      items: [{ sku: 'a', name: '[redacted]' }, { sku: 'b' }],
    });

    expect(await daemon.end('SIGTERM')).toBe(0);
    const sent = await readFile(join(data, 'dry-run.jsonl'), 'utf8');
    expect(sent).toContain('"DetailType":"acme.order.placed"');
    expect(sent).toContain(specVersion);
    expect(sent).not.toContain('acme.word.said');
    expect(sent).not.toContain('hunter2');
    expect(daemon.lines.join('\n')).not.toContain('hunter2');
  });

  it('does not start with a folder that is wrong, and names every fault', async () => {
    const data = await temporaryFolder();
    writeTopics(join(data, 'topics'), descriptor('events.mine'), descriptor('acme.examples', { examples: [{}] }));
    const refused = serve(data, ['--config', await configured(data, './topics')]);
    await expect(refused).rejects.toThrow(
      /roomd ended with 1: [\s\S]*events\.mine\.json: id: expected none that begins/,
    );
    writeTopics(join(data, 'topics'), descriptor('events.mine', { id: 'acme.mine' }));
    const other = await temporaryFolder();
    writeTopics(
      join(other, 'topics'),
      descriptor('acme.examples', { examples: [{}] }),
      descriptor('acme.pointer', { redact: ['/nowhere'] }),
    );
    const also = serve(other, ['--config', await configured(other, './topics')]);
    await expect(also).rejects.toThrow(/examples\[0\][\s\S]*found \/nowhere/);
  });
});
