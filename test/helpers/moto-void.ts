import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Void {
  readonly endpoint: string;
  /** Entries that were reported as accepted, and are nowhere. */
  readonly swallowed: () => number;
  /** From now on PutEvents succeeds and does nothing; questions about the bus wait until `entries` are lost. */
  open(entries: number): void;
  /** From now on all goes to moto again. */
  close(): void;
  /** Lets nothing through while something is done that takes several steps; what is under way is over before. */
  meanwhile(steps: () => Promise<void>): Promise<void>;
}

/**
 * Stands before moto, which refuses PutEvents for a bus that isn't there. The real service has been seen to answer with
 * success and an EventId instead, and to discard the event.
 */
export async function startVoid(upstream: string): Promise<Void> {
  let swallowed = 0;
  let goal: number | undefined;
  let full = Promise.withResolvers<void>();
  let passage: Promise<void> = Promise.resolve();
  const underWay = new Set<Promise<unknown>>();
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const action = String(request.headers['x-amz-target']).split('.').at(-1);
    if (goal !== undefined && action === 'PutEvents') {
      const { Entries } = JSON.parse(body.toString()) as { Entries: unknown[] };
      swallowed += Entries.length;
      if (swallowed >= goal) full.resolve();
      const ids = Entries.map(() => ({ EventId: crypto.randomUUID() }));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ FailedEntryCount: 0, Entries: ids }));
      return;
    }
    if (goal !== undefined) await full.promise;
    await passage;
    const { host: _, ...headers } = request.headers;
    const asked = fetch(upstream, { method: 'POST', headers: headers as Record<string, string>, body });
    underWay.add(asked);
    const answer = await asked.finally(() => underWay.delete(asked));
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    full.resolve();
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallowed: () => swallowed,
    open(entries) {
      full = Promise.withResolvers();
      goal = swallowed + entries;
    },
    close() {
      goal = undefined;
      full.resolve();
    },
    async meanwhile(steps) {
      const done = Promise.withResolvers<void>();
      passage = done.promise;
      await Promise.allSettled(underWay);
      await steps().finally(done.resolve);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
