import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import type { PolicySubject } from '../../../supervisor/policy/port.ts';
import type { Keep } from '../../../supervisor/policy/remote-kept.ts';
import { openPolicies, type PolicyOptions } from '../../../supervisor/policy/sources.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

export const ROOM: PolicySubject = { roomId: 'room' };

/** Documents that outlive a PolicySources, as JSON would. */
export function memoryKeep(): Keep & { readonly documents: Map<string, string> } {
  const documents = new Map<string, string>();
  return {
    documents,
    async load(key) {
      const text = documents.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    async save(key, value) {
      documents.set(key, JSON.stringify(value));
    },
  };
}

/** Policies on a clock in the test's hand; everything that they tell is remembered. */
export function openSources(layers: PolicyOptions['layers'], options: Partial<PolicyOptions> = {}) {
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  const refused: TopicPayloads['supervisor.policy.refused'][] = [];
  const lines: string[] = [];
  const log = pino({ base: null, level: 'debug' }, { write: (line: string) => lines.push(line) });
  const metrics = createMetrics();
  const policies = openPolicies({
    layers,
    reload: 2_000,
    remote: { refresh: 30_000, timeout: 5_000, maxAge: 3_600_000 },
    env: {},
    keep: memoryKeep(),
    random: () => 0.5,
    telemetry: createTelemetry(log, metrics, clock),
    publish: (topic, payload) => {
      if (topic === 'supervisor.policy.refused') refused.push(payload as TopicPayloads['supervisor.policy.refused']);
    },
    ...options,
    clock,
  });
  let changes = 0;
  policies.onChange(() => changes++);
  onTestFinished(() => policies.stop());
  return {
    policies,
    clock,
    refused,
    lines,
    metrics,
    changes: () => changes,
    names: async (subject = ROOM) => (await policies.layersFor(subject)).map(({ name }) => name),
    maxChars: async (subject = ROOM) => (await policies.layersFor(subject)).map(({ layer }) => layer.turns?.maxChars),
  };
}

/** What the server answers to the next questions. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server whose answer a test may change. */
export async function policyServer(first: Answering) {
  let answering = first;
  const requests: IncomingMessage[] = [];
  const waiting: (() => void)[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    answering(request, response);
    for (const wake of waiting.splice(0)) wake();
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/layers.yaml`,
    requests,
    answer(next: Answering) {
      answering = next;
    },
    /** Resolves when a request has been answered so far as the test wants it to. */
    asked: (): Promise<void> => new Promise((resolve) => waiting.push(resolve)),
  };
}

/** A version: 200 with a body and headers. */
export function version(body: string, headers: Record<string, string> = {}): Answering {
  return (_, response) => response.writeHead(200, { 'content-type': 'application/yaml', ...headers }).end(body);
}
