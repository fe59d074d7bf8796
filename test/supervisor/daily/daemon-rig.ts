import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import type { Client } from '../../helpers/daemon.ts';
import { temporaryFolder, testBot } from '../../helpers/daemon.ts';
import { type Served, serve } from '../../helpers/serve.ts';
import { SECRET, signed } from './rig.ts';

export const WEBHOOK_SECRET: string = SECRET.toString('base64');

/** What the environment of a daemon holds for Daily. */
export function stubDaily(key: string | undefined): void {
  vi.stubEnv('DAILY_API_KEY', key);
  vi.stubEnv('DAILY_WEBHOOK_SECRET', WEBHOOK_SECRET);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** `roomd serve` with bots that say what they are told, in a folder that goes with the test. */
export async function serveDaily(
  daily: object,
  { data, bots = {} }: { data?: string; bots?: object } = {},
): Promise<Served & { data: string }> {
  const folder = data ?? (await temporaryFolder());
  const config = {
    bots: { caller: { command: testBot('caller'), ...bots }, puppet: { command: testBot('puppet') } },
    rooms: { restart: { backoff: { base: '10ms', max: '10ms' } }, shutdownGrace: '2s' },
    connectors: { daily },
  };
  const file = join(folder, 'roomd.yaml');
  await writeFile(file, JSON.stringify(config));
  return { ...(await serve(folder, ['--config', file])), data: folder };
}

export interface Told {
  readonly type: string;
  readonly hash?: string;
  readonly [name: string]: unknown;
}

/** What the room's bot says that it was told; by the attempt, where there are several. */
export async function toldTo(roomd: Client, roomId: string, attempt = 1): Promise<Told> {
  const { payload } = await roomd.until(
    roomId,
    'room.transcript.received',
    ({ meta }: Envelope<'room.transcript.received'>) => meta?.attempt === attempt,
  );
  return JSON.parse(payload.text) as Told;
}

/** Sends an event as Daily would; the answer. */
export async function deliver(
  roomd: Pick<Client, 'url'>,
  body: unknown,
): Promise<{ status: number; received?: string }> {
  const delivery = signed(body, Date.now());
  const response = await fetch(`${roomd.url}/webhooks/daily`, {
    method: 'POST',
    body: new Uint8Array(delivery.body),
    headers: {
      'content-type': 'application/json',
      'x-webhook-signature': delivery.signature ?? '',
      'x-webhook-timestamp': delivery.timestamp ?? '',
    },
  });
  return { status: response.status, ...((await response.json()) as object) };
}
