import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { FoundAssistant } from '../../../supervisor/assistants/api.ts';
import { type AssistantsConfig, createAssistants } from '../../../supervisor/assistants/assistants.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { safeLogging } from '../../../supervisor/base/safe-logging.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

/** A request as the server got it, whole. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answering = (response: ServerResponse, asked: Asked) => void;

/** A real HTTP server whose answer a test may change; it remembers what it was asked. */
export async function endpoint(first: Answering) {
  let answering = first;
  const asked: Asked[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    asked.push({ method, url, headers, body });
    answering(response, { method, url, headers, body });
    for (const wake of waiting.splice(0)) wake();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    asked,
    answer(next: Answering) {
      answering = next;
    },
    /** Resolves when the next request has come and been answered as far as the test wants it to. */
    next: (): Promise<void> => new Promise((resolve) => waiting.push(resolve)),
  };
}

export const json =
  (value: unknown, status = 200): Answering =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** What GraphQL says: that record, or null. */
export const data = (assistant: unknown): Answering => json({ data: { assistant } });

export const status = (code: number, headers: Record<string, string> = {}): Answering => {
  return (response) => response.writeHead(code, headers).end('a secret in the answer');
};

export const QUERY = 'query ($id: ID!) { assistant(id: $id) { id name policy } }';
export const TIMES = { timeout: 3_000, refresh: 60_000, maxAge: 3_600_000 };

/** Assistants on a clock in the test's hand, and all that is told of them. */
export function open(config: Partial<AssistantsConfig>, env: Record<string, string> = {}) {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = pino({ ...safeLogging, base: null, level: 'debug' }, { write: (line: string) => lines.push(line) });
  const telemetry = createTelemetry(log, metrics, clock);
  const assistants = createAssistants({ ...TIMES, ...config }, { env, clock, telemetry });
  if (assistants === undefined) throw new Error('nobody to ask');
  onTestFinished(() => assistants.stop());
  const results = async () => {
    const { values } = await metrics.assistantsAsked.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
  };
  return { assistants, clock, lines, results };
}

/** The reason of a refusal, and whether asking again may help. */
export function refusal(found: FoundAssistant): [detail: string, retryable: boolean] {
  if (found.ok) throw new Error(`found ${JSON.stringify(found.record)}`);
  return [found.detail, found.retryable];
}
