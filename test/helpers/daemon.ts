import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { Envelope } from '../../spec/envelope.ts';
import type { TopicId } from '../../spec/generated/topics.ts';
import { safeLogging } from '../../supervisor/base/safe-logging.ts';
import { loadConfig } from '../../supervisor/config.ts';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { type Daemon, startDaemon } from '../../supervisor/daemon.ts';
import type { RoomView } from '../../supervisor/room/api.ts';
import { discreetLog } from './overheard.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** The command line of a bot in test/bots. */
export function testBot(name: string): string[] {
  return [process.execPath, join(root, 'test/bots', `${name}.mjs`)];
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roomd-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A real daemon on a free port with real bots, stopped with the test. */
export async function runDaemon(input: ConfigInput = {}): Promise<Client & { daemon: Daemon; data: string }> {
  const data = input.data ?? (await temporaryFolder());
  // 32 MiB a test would be a lot of writing.
  const flags = { ...input, data, http: { port: 0, ...input.http }, log: { ballast: 0, ...input.log } };
  const config = loadConfig({ env: {}, cwd: data, flags });
  const daemon = await startDaemon(config, {
    log: pino({ ...safeLogging, level: 'debug' }, discreetLog()),
    env: process.env,
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(() => daemon.stop('test'));
  return { ...client(daemon.address), daemon, data };
}

export interface Event {
  position: string;
  envelope: Envelope;
}

export type Client = ReturnType<typeof client>;

/** Speaks to a daemon over HTTP, as a user would. */
export function client(url: string) {
  const json = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await fetch(url + path, init);
    return (await response.json()) as T;
  };
  const post = (path: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  /** Everything in the log about a room, by pages. */
  const history = async (roomId?: string): Promise<Event[]> => {
    const all: Event[] = [];
    let from = 'start';
    for (;;) {
      const path = roomId === undefined ? '/v1/events' : `/v1/rooms/${roomId}/events`;
      const page = await json<{ events: Event[]; next: string }>(`${path}?from=${from}&limit=1000`);
      all.push(...page.events);
      if (page.next === from || page.events.length === 0) return all;
      from = page.next;
    }
  };

  /** Reads the live stream from the beginning until an event passes the test; that event. */
  const until = async <T extends TopicId>(
    roomId: string,
    topic: T,
    test: (envelope: Envelope<T>) => boolean = () => true,
  ): Promise<Envelope<T>> => {
    const stop = new AbortController();
    const response = await fetch(`${url}/v1/rooms/${roomId}/events?from=start&topic=${topic}`, {
      headers: { accept: 'application/x-ndjson' },
      signal: stop.signal,
    });
    if (response.body === null || !response.ok) throw new Error(`${response.status} ${await response.text()}`);
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { envelope } = JSON.parse(line) as { envelope?: Envelope<T> };
        if (envelope === undefined || !test(envelope)) continue;
        stop.abort();
        return envelope;
      }
    }
    throw new Error(`the stream of ${roomId} ended before ${topic}`);
  };

  return {
    url,
    json,
    post,
    history,
    until,
    room: (roomId: string) => json<RoomView>(`/v1/rooms/${roomId}`),
    stop: (roomId: string) => fetch(`${url}/v1/rooms/${roomId}`, { method: 'DELETE' }),
    /** Bots of the tests tell what happens in their rooms themselves, unless another connector is asked for. */
    async spawn(roomId: string, request: Record<string, unknown> = {}): Promise<RoomView> {
      const { bot = 'default' } = request;
      const connector = bot === 'default' ? 'local' : 'external';
      const response = await post('/v1/rooms', { roomId, connector, ...request });
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as RoomView;
    },
    /** Resolves when the room is over and its end is in the log. */
    async over(roomId: string): Promise<RoomView> {
      await until(roomId, 'supervisor.room.state.changed', ({ payload }) =>
        ['stopped', 'failed', 'quarantined'].includes(payload.to),
      );
      return json<RoomView>(`/v1/rooms/${roomId}`);
    },
    /** The value of a metric, all its labels summed up; 0 when it isn't there. */
    async metric(name: string, labels = ''): Promise<number> {
      const text = await (await fetch(`${url}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .filter((line) => line.includes(labels))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}

/** Fails when `meta.seq` isn't 1, 2, 3 … in every run. */
export function assertNoGaps(events: readonly Event[]): void {
  const last = new Map<string, number>();
  for (const { envelope } of events) {
    const { runId = '', seq = 0 } = envelope.meta ?? {};
    const expected = (last.get(runId) ?? 0) + 1;
    if (seq !== expected) throw new Error(`run ${runId}: expected seq ${expected}, got ${seq} (${envelope.topic})`);
    last.set(runId, seq);
  }
}
