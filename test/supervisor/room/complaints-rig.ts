import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Envelope } from '../../../spec/envelope.ts';
import type { TopicId } from '../../../spec/generated/topics.ts';
import { type Client, temporaryFolder, testBot } from '../../helpers/daemon.ts';

/** The `bots` of a configuration. */
export const bots = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { command: testBot(name) }]));

/** A data folder for `serve`, with its configuration. */
export async function configured(config: object): Promise<string> {
  const data = await temporaryFolder();
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  return data;
}

/** Resolves when the room has come to this state, in this attempt. */
export const reached = (roomd: Client, roomId: string, state: string, attempt = 1) =>
  roomd.until(
    roomId,
    'supervisor.room.state.changed',
    ({ payload, meta }) => payload.to === state && meta?.attempt === attempt,
  );

/** Of the room's bot; throws when there is none. */
export async function pidOf(roomd: Client, roomId: string): Promise<number> {
  const { pid, state } = await roomd.room(roomId);
  if (!(pid !== null && pid > 1)) throw new Error(`expected a bot in the room ${roomId}, got ${pid} (${state})`);
  return pid;
}

/** Resolves when a bot of test/bots/orders.mjs has said it. */
export const said = (roomd: Client, roomId: string, what: string) =>
  roomd.until(roomId, 'room.participant.joined', ({ payload }) => payload.participantId === what);

/** Gives an order to a bot of test/bots/orders.mjs; the status of the answer. */
export async function order(roomd: Client, roomId: string, text: string): Promise<number> {
  return (await roomd.post(`/v1/rooms/${roomId}/commands`, { type: 'app_message', text })).status;
}

/** All events of a topic in a room. */
export async function eventsOf<T extends TopicId>(roomd: Client, roomId: string, topic: T): Promise<Envelope<T>[]> {
  const all = (await roomd.history(roomId)).map(({ envelope }) => envelope);
  return all.filter((envelope) => envelope.topic === topic) as Envelope<T>[];
}

/** Bytes of a process that are in memory. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`expected a process ${pid} with memory, got none`);
  return Number(kilobytes) * 1_024;
}

/** Processes that were started by this one, those included that nobody has buried. */
export function childrenOf(pid: number): number[] {
  const parentOf = (child: string) => {
    try {
      const stat = readFileSync(`/proc/${child}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return undefined;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}
