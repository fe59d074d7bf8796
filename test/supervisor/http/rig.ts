import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../spec/command.ts';
import type { Parsed } from '../../../spec/envelope.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import type { ServerDeps } from '../../../supervisor/http/app.ts';
import { createServer } from '../../../supervisor/http/server.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Entry, Log, ReadQuery } from '../../../supervisor/log/port.ts';
import { openRecordings } from '../../../supervisor/recordings/store.ts';
import type {
  BotView,
  Brought,
  RoomPolicy,
  RoomRequest,
  Rooms,
  RoomView,
  SpawnResult,
} from '../../../supervisor/room/api.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { FakeForwarding } from './fake-forwarding.ts';

export const LOCAL_KEY: Buffer = Buffer.alloc(32, 7);
export const SPEC_VERSION: string = `sha256:${'0f'.repeat(32)}`;

export function roomView(roomId: string, change: Partial<RoomView> = {}): RoomView {
  return {
    roomId,
    state: 'live',
    runId: 'run-1',
    attempt: 1,
    pid: 4711,
    bot: 'default',
    connector: 'local',
    call: null,
    assistantId: null,
    tenantId: null,
    policyVersion: SPEC_VERSION,
    specVersion: SPEC_VERSION,
    startedAt: 1_730_000_000_000,
    lastEventAt: null,
    counts: { events: 3, violations: 0, rejected: 0, dropped: 0 },
    usage: null,
    quarantine: null,
    stop: null,
    ...change,
  };
}

export const STOPPED: RoomView['stop'] = {
  reason: 'crash_loop',
  code: 1,
  signal: null,
  stderr: ['a secret', 'another'],
};

/** Rooms that answer as they are told, and remember what they were asked. */
export class FakeRooms implements Rooms {
  readonly views = new Map<string, RoomView>();
  readonly requests: RoomRequest[] = [];
  readonly sent: [string, Command][] = [];
  nextSpawn: SpawnResult | undefined;
  failure: Error | undefined;
  pools: BotView[] = [];

  add(...views: RoomView[]): void {
    for (const view of views) this.views.set(view.roomId, view);
  }

  async spawn(request: RoomRequest): Promise<SpawnResult> {
    if (this.failure !== undefined) throw this.failure;
    this.requests.push(request);
    if (this.nextSpawn !== undefined) return this.nextSpawn;
    const room = roomView(request.roomId, { state: 'starting', bot: request.bot, connector: request.connector });
    this.add(room);
    return { kind: 'created', room };
  }

  async get(roomId: string): Promise<RoomView | undefined> {
    return this.views.get(roomId);
  }

  async list(): Promise<RoomView[]> {
    return [...this.views.values()].sort((a, b) => (a.roomId < b.roomId ? -1 : 1));
  }

  async stop(roomId: string): Promise<RoomView | undefined> {
    const view = this.views.get(roomId);
    if (view !== undefined) this.add({ ...view, state: 'stopping' });
    return this.views.get(roomId);
  }

  async send(roomId: string, command: Command): Promise<'sent' | 'unknown' | 'ended'> {
    const view = this.views.get(roomId);
    if (view === undefined) return 'unknown';
    if (view.stop !== null) return 'ended';
    this.sent.push([roomId, command]);
    return 'sent';
  }

  readonly brought: [roomId: string, parsed: Parsed, by: string][] = [];
  nextBrought: Brought | undefined;

  async bring(roomId: string, parsed: Parsed, by: string): Promise<Brought> {
    const view = this.views.get(roomId);
    if (view === undefined) return { kind: 'unknown' };
    if (view.stop !== null) return { kind: 'ended' };
    this.brought.push([roomId, parsed, by]);
    return this.nextBrought ?? { kind: 'brought', offset: this.brought.length, runId: view.runId };
  }

  bots(): BotView[] {
    return this.pools;
  }

  async policy(roomId: string): Promise<RoomPolicy | undefined> {
    if (!this.views.has(roomId)) return undefined;
    return {
      policyVersion: SPEC_VERSION,
      layers: ['defaults', 'request'],
      policy: { turns: { maxChars: 600 } },
      provenance: { 'turns.maxChars': ['request'] },
      acknowledged: null,
      restrictions: [],
    };
  }

  readonly quarantined = new Set<string>();

  async release(roomId: string): Promise<boolean> {
    return this.quarantined.delete(roomId);
  }
}

export interface EventInput {
  readonly roomId?: string;
  readonly topic?: string;
  /** The payload's own text. */
  readonly payload?: string;
  readonly receivedAt?: number;
  /** It is of a local room. */
  readonly local?: boolean;
}

/** An event as intake would append it. */
export function entry({
  roomId = 'r',
  topic = 'bot.health.heartbeat',
  payload = '{}',
  receivedAt = 1,
  local = false,
}: EventInput): Entry {
  const id = newId();
  const room = roomId === '' ? '' : `,"roomId":"${roomId}"`;
  const json =
    `{"id":"${id}","ts":1730000000123,"topic":"${topic}","specVersion":"${SPEC_VERSION}","runtime":"bot"` +
    `${room},"payload":${payload},"meta":{"seq":1${local ? ',"local":true' : ''}}}`;
  return { roomId, topic, id, ts: 1_730_000_000_123, receivedAt, json };
}

export function spoken(text: string, roomId = 'r'): EventInput {
  const payload = `{"participantId":"ada","text":${JSON.stringify(text)},"at":0,"endAt":900,"final":true}`;
  return { roomId, topic: 'room.transcript.received', payload };
}

/** A log that goes with the test. */
export function openLog(): Log {
  const log = createMemoryLog({ clock: new FakeClock(), telemetry: quietTelemetry() });
  onTestFinished(() => log.close());
  return log;
}

/** The log with another way to read. */
export function wrap(log: Log, read: (query: ReadQuery) => ReturnType<Log['read']>): Log {
  return new Proxy(log, {
    get(target, key) {
      if (key === 'read') return read;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Holds whoever asks the log for its first offset next: resolves when somebody does, with what lets them go on. */
export function holdFirst(log: Log): Promise<() => void> {
  const first = log.first;
  const { promise, resolve } = Promise.withResolvers<void>();
  return new Promise((held) => {
    log.first = async () => {
      log.first = first;
      held(resolve);
      await promise;
      return await first.call(log);
    };
  });
}

export function quietTelemetry() {
  return createTelemetry(pino({ level: 'silent' }), createMetrics());
}

export type Rig = Awaited<ReturnType<typeof startServer>>;

/** A real server on a free port, over a real log and rooms that do as they are told; closed with the test. */
export async function startServer(change: Partial<ServerDeps> & { host?: string; port?: number } = {}) {
  const log = change.log ?? openLog();
  const rooms = new FakeRooms();
  const forwarding = new FakeForwarding();
  const clock = new FakeClock();
  const recordings = change.recordings ?? (await openRecordings(await temporaryFolder()));
  const streams = countStreams();
  const { host = '127.0.0.1', port = 0, ...deps } = change;
  const server = createServer({
    rooms,
    log,
    recordings,
    clock,
    telemetry: { ...quietTelemetry(), subscribersChanged: streams.change },
    forwarding,
    ready: () => [],
    tokens: [],
    localKey: LOCAL_KEY,
    consoleFolder: '/nowhere',
    version: '0.0.0-test',
    specVersion: SPEC_VERSION,
    ...deps,
  });
  const address = await server.listen(host, port);
  onTestFinished(() => server.close());
  const url = address.replace('0.0.0.0', '127.0.0.1');
  return {
    server,
    url,
    log,
    recordings,
    rooms,
    forwarding,
    clock,
    streams,
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers }),
    send: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      fetch(url + path, {
        method,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      }),
    /** Commits events; the offset of the last. */
    append: (...events: EventInput[]) => log.append(events.map(entry)),
  };
}

/** Knows how many streams are open, and tells when that changes. */
function countStreams() {
  let open = 0;
  let wake: (() => void)[] = [];
  return {
    change: (by: 1 | -1) => {
      open += by;
      for (const resolve of wake.splice(0)) resolve();
    },
    async until(count: number): Promise<void> {
      while (open !== count) await new Promise<void>((resolve) => wake.push(resolve));
      wake = [];
    },
  };
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { at: string; detail: string }[];
}

/** The body of a refusal, after a look at its media type and status. */
export async function problemOf(response: Response, status: number): Promise<ProblemBody> {
  const body = (await response.json()) as ProblemBody;
  const type = response.headers.get('content-type');
  if (response.status !== status || body.status !== status || !type?.startsWith('application/problem+json')) {
    throw new Error(`expected a problem of status ${status}, got ${response.status} ${type} ${JSON.stringify(body)}`);
  }
  return body;
}
