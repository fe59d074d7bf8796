import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { openEventBridge } from '../../../supervisor/forward/eventbridge.ts';
import type { Target } from '../../../supervisor/forward/port.ts';
import { idsOf } from './rig.ts';

interface Entry {
  Source: string;
  DetailType: string;
  Detail: string;
  Time: number;
  EventBusName: string;
  Resources?: string[];
}

/** Answers one request; undefined takes every entry. */
export type Fault = (response: ServerResponse, entries: Entry[]) => void;

export interface StandIn {
  readonly endpoint: string;
  readonly requests: { headers: Record<string, unknown>; entries: Entry[] }[];
  /** Ids that were taken, by the stand-in's own reckoning: also where the answer didn't arrive. */
  readonly taken: string[];
  /** One fault a request, in order; afterwards every entry is taken. */
  readonly faults: (Fault | undefined)[];
  /** What happens to requests for which there is no fault; undefined takes every entry. */
  otherwise: Fault | undefined;
  /** What DescribeEventBus says: when the bus was made, that there is none, or that nobody may know. */
  bus: number | 'missing' | 'denied';
}

/** An EventBridge of the tests' own on 127.0.0.1, that misbehaves as told. */
export async function startStandIn(): Promise<StandIn> {
  const requests: StandIn['requests'] = [];
  const taken: string[] = [];
  const faults: StandIn['faults'] = [];
  const state: Pick<StandIn, 'bus' | 'otherwise'> = { bus: 1_730_000_000, otherwise: undefined };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (request.headers['x-amz-target'] === 'AWSEvents.DescribeEventBus') return describe(response, state.bus);
    const { Entries } = body as { Entries: Entry[] };
    requests.push({ headers: request.headers, entries: Entries });
    const fault = faults.shift() ?? state.otherwise;
    if (fault !== undefined) return fault(response, Entries);
    take(taken, Entries);
    answer(response, 200, success(Entries));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { endpoint: `http://127.0.0.1:${port}`, requests, taken, faults });
}

/** The client that roomd uses, turned to it. */
export function clientOf({ endpoint }: StandIn, timeouts: { request?: number; whole?: number } = {}): Target {
  return openEventBridge({
    region: 'eu-central-1',
    bus: 'meetings',
    clock: systemClock,
    endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    timeouts,
  });
}

function describe(response: ServerResponse, bus: StandIn['bus']): void {
  if (bus === 'missing') refuses(400, 'ResourceNotFoundException')(response, []);
  else if (bus === 'denied') refuses(400, 'AccessDeniedException')(response, []);
  else answer(response, 200, { Arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/b', CreationTime: bus });
}

function take(taken: string[], entries: Entry[]): void {
  taken.push(...idsOf({ Entries: entries }));
}

function success(entries: readonly Entry[]): unknown {
  return { FailedEntryCount: 0, Entries: entries.map((_, index) => ({ EventId: `taken-${index}` })) };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** A plain answer, with nothing taken. */
export function says(status: number, body: unknown): Fault {
  return (response) => answer(response, status, body);
}

/** An error as the service writes it. */
export function refuses(status: number, type: string): Fault {
  return says(status, { __type: type, message: 'Value [detail={"secret":1}] failed to satisfy constraint' });
}

/** Entries at these indexes fail with the code, the others are taken. */
export function fails(code: string, taken: string[], ...indexes: number[]): Fault {
  return (response, entries) => {
    const isFailed = (index: number) => indexes.includes(index);
    take(
      taken,
      entries.filter((_, index) => !isFailed(index)),
    );
    const Entries = entries.map((_, index) => (isFailed(index) ? { ErrorCode: code } : { EventId: `taken-${index}` }));
    answer(response, 200, { FailedEntryCount: indexes.length, Entries });
  };
}

/** Takes everything, but the answer is lost on its way. */
export function loses(taken: string[]): Fault {
  return (response, entries) => {
    take(taken, entries);
    response.socket?.destroy();
  };
}

export const resets: Fault = (response) => response.socket?.resetAndDestroy();

export const neverAnswers: Fault = () => {};

export const truncates: Fault = (response, entries) => {
  const body = JSON.stringify(success(entries));
  response.writeHead(200, { 'content-length': body.length });
  response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
};

/** Begins an answer and never ends it. */
export const drips: Fault = (response) => {
  response.writeHead(200, { 'content-length': 1_000 });
  response.write('{');
};
