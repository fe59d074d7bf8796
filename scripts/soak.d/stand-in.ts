import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Entry {
  readonly DetailType: string;
  readonly Detail: string;
}

/** Answers one PutEvents request, or doesn't. */
export type PutEvents = (entries: readonly Entry[], response: ServerResponse) => void;

export interface EventBridge {
  readonly endpoint: string;
  /** Nothing listens any more; idempotent. */
  down(): Promise<void>;
  /** Listens again, at the same address. */
  up(): Promise<void>;
}

const BUS = { Arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/soak', CreationTime: 1_730_000_000 };

/** What EventBridge is to roomd, on 127.0.0.1: PutEvents as told, and DescribeEventBus. */
export async function startEventBridge(putEvents: PutEvents): Promise<EventBridge> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents') return answer(response, 200, BUS);
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as { Entries: Entry[] };
      putEvents(Entries, response);
    });
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    down: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    up: () => listen(port),
  };
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** One result an entry: the code it failed with, or undefined where it was taken. */
export function answerEach(response: ServerResponse, codes: readonly (string | undefined)[]): void {
  const failed = codes.filter((code) => code !== undefined).length;
  const Entries = codes.map((code, index) => (code === undefined ? { EventId: `e-${index}` } : { ErrorCode: code }));
  answer(response, 200, { FailedEntryCount: failed, Entries });
}

/** The id of an entry's envelope. */
export function idOf({ Detail }: Entry): string {
  const found = /^\{"id":"([^"]+)"/.exec(Detail)?.[1];
  return found ?? (JSON.parse(Detail) as { id: string }).id;
}
