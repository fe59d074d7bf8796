import { freemem } from 'node:os';
import { eventLoopDelay } from './metrics.ts';
import { besideBareNode } from './spawn-bare.ts';
import { Peer } from './spawn-peer.ts';
import { Spawner } from './spawn-roomd.ts';
import { median, pssMiB, rssMiB } from './table.ts';

/** In MiB, as PSS unless told otherwise. */
export interface Memory {
  readonly count: number;
  /** One value a process. */
  readonly each: readonly number[];
  /** Of the process that looks after them. */
  readonly parent: { readonly pss: number; readonly rss: number };
  /** A bare `node -e` beside them. */
  readonly bare: number;
}

/** So many rooms of roomd that have nothing to do, each after a heartbeat. */
export async function roomdMemory(count: number): Promise<{ memory: Memory; delay: string | undefined }> {
  const spawner = await Spawner.start(0);
  const rooms: string[] = [];
  while (rooms.length < count) rooms.push((await spawner.spawn()).roomId);
  // The delay of the event loop is told since the last look: that of rooms that are there, not of their start.
  await spawner.readings();
  await spawner.beaten(rooms);
  const memory = await measure(await spawner.pids(), spawner.pid);
  const delay = eventLoopDelay(await spawner.readings());
  await spawner.stop();
  return { memory, delay };
}

/** So many idle processes of the peer; undefined when they would not fit. `each` in MiB, as known from fewer of them. */
export async function peerMemory(count: number, each: number): Promise<Memory | undefined> {
  if (count * each > freemem() / 2 ** 20) return undefined;
  const peer = Peer.start();
  if (peer === undefined) return undefined;
  await peer.order('fill', { count });
  const memory = await measure(await peer.order('pids', {}), peer.pid);
  await peer.stop();
  return memory;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A row of the table. */
export function memoryRow(name: string, { count, each, parent, bare }: Memory): string[] {
  const [low, high] = [Math.min(...each), Math.max(...each)].map((value) => value.toFixed(1));
  const columns = [sum(each) / 1024, parent.pss, parent.rss, bare].map((value) => value.toFixed(1));
  return [name, String(count), `${median(each).toFixed(1)} (${low} … ${high})`, ...columns];
}

export const MEMORY_HEADER = [
  'memory in MiB',
  'processes',
  'PSS each (min … max)',
  'together, GiB',
  'parent PSS',
  'parent RSS',
  'bare node PSS',
];

async function measure(pids: readonly number[], parent: number): Promise<Memory> {
  return besideBareNode((bare) => ({
    count: pids.length,
    each: pids.map((pid) => pssMiB(pid)),
    parent: { pss: pssMiB(parent), rss: rssMiB(parent) },
    bare: pssMiB(bare),
  }));
}
