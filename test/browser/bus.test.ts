import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEnvelope } from '../../spec/envelope.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { describeInBrowser, launchBrowser } from './browser.ts';

interface Report {
  lines: string[];
  seen: string[];
  replayed: string[];
  rejected: string;
  counters: { published: number; rejected: number; errors: number };
}

describeInBrowser("P7: the bus in a real browser's worker", () => {
  const entry = fileURLToPath(new URL('bus-worker.ts', import.meta.url));
  const script = buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  }).outputFiles[0]?.text;
  const server = createServer((request, response) => {
    const isScript = request.url === '/worker.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>bus</title>');
  });

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise<unknown>((resolve) => server.close(resolve)));

  test('publishes valid envelopes, dispatches by pattern, rejects, and survives a subscriber that throws', async () => {
    const browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const report = (await page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ specVersion: '${specVersion}' });
    })`)) as Report;
    const envelopes = report.lines.map((line) => parseEnvelope(line));
    expect(envelopes).toMatchObject([
      { ok: true, envelope: { topic: 'room.participant.joined', runtime: 'browser', specVersion, roomId: 'r' } },
      { ok: true, envelope: { topic: 'room.participant.left', payload: { participantId: 'ada' } } },
    ]);
    expect(report).toMatchObject({
      seen: ['room.participant.joined', 'room.participant.left'],
      replayed: ['room.participant.left'],
      rejected: 'invalid_payload',
      counters: { published: 2, rejected: 1, errors: 1 },
    });
  });
});
