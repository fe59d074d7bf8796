import { type Clock, sleep } from '../spec/runtime/clock.ts';
import { createAssistants } from './assistants/assistants.ts';
import { Moderation } from './base/moderation.ts';
import type { Telemetry } from './base/telemetry.ts';
import { Turn } from './base/turn.ts';
import type { UndoStack } from './base/undo.ts';
import { within } from './base/within.ts';
import { createProcesses } from './child/processes.ts';
import { createLauncher } from './child/spawn.ts';
import type { Config } from './config.ts';
import type { OpenedDaily } from './daemon-daily.ts';
import { LocalGateway } from './gateway/gateway.ts';
import type { Log } from './log/port.ts';
import { ownBotCommand } from './own-bot.ts';
import type { Policies } from './policy/port.ts';
import { recordingsFolder } from './recordings/store.ts';
import { enforceBygone } from './room/enforcement/bygone.ts';
import { Enforcer } from './room/enforcement/enforcer.ts';
import { Quarantine } from './room/enforcement/quarantine.ts';
import { LeftRuns } from './room/left-runs.ts';
import { createMachine } from './room/machine.ts';
import { OriginKey } from './room/origin-key.ts';
import { planRoom, type RoomsConfig } from './room/planning.ts';
import { recoverRooms } from './room/recovery.ts';
import { Registry } from './room/registry.ts';
import { Pools } from './room/warm/pools.ts';

/** How long the start waits until what became of earlier rooms is on disk. */
const RECORD_MS = 1_000;
/** How long bots that wait may take to leave, longer than their rooms do. */
const POOLS_MS = 2_000;

export interface RoomsParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly policies: Policies;
  /** The secret of the data folder. */
  readonly localKey: Buffer;
}

export interface OpenedRooms {
  readonly rooms: Registry;
  readonly gateway: LocalGateway;
  readonly enforcer: Enforcer;
  /**
   * Brings back the rooms that an earlier supervisor had, and makes bots wait for new ones. To be called when nothing can
   * fail any more: a start that fails leaves those rooms to the next one.
   */
  begin(): void;
}

/** Builds what rooms are made of, and finds out what an earlier supervisor has left. */
export async function openRooms(
  config: Config,
  parts: RoomsParts & { readonly daily: OpenedDaily },
  undo: UndoStack,
): Promise<OpenedRooms> {
  const { log, clock, telemetry } = parts;
  const { data } = config;
  const assistants = createAssistants(config.assistants, parts);
  undo.add('assistants', () => assistants?.stop());
  const settings = roomsConfig(config, { ...parts, assistants });
  const { found, lost, recorded } = await recoverRooms(log, clock, async (request, assistant) =>
    config.rooms.resume
      ? planRoom(request, settings, { assistant })
      : { ok: false, detail: 'rooms are not brought back (rooms.resume)' },
  );
  for (const { roomId, detail } of lost) telemetry.roomLost(roomId, detail);
  telemetry.roomsResumed(found.length);
  const processes = createProcesses(clock);
  const house = new Moderation(config.connectors.local.moderation);
  const { access } = parts.daily;
  const runs = { ...parts, access, data, originKey: await OriginKey.load(log), takingIn: new Turn(), house };
  const leftRuns = await LeftRuns.find({ ...runs, processes });
  undo.add('runs left by an earlier supervisor', () => leftRuns.stop());
  const onDisk = new AbortController();
  // What they left is numbered on from there. It rejects when the log closes first: then the next start does it.
  recorded
    .then(() => leftRuns.start())
    .then(
      () => onDisk.abort(),
      () => onDisk.abort(),
    );
  // A full disk is no reason not to start: who would tell anybody about it?
  await sleep(clock, RECORD_MS, onDisk.signal);

  const deps = { ...runs, launch: createLauncher(clock), machine: createMachine(processes, clock) };
  const pools = new Pools({ ...deps, places: () => rooms.places }, settings);
  const quarantine = await Quarantine.load(log, clock);
  const isLeft = (roomId: string) => leftRuns.isLeft(roomId);
  const concluded = (roomId: string, offset: number) => enforcer.concluded(roomId, offset);
  const rooms = new Registry({ ...deps, pools, isLeft, quarantine, concluded }, settings);
  const enforcer = await Enforcer.open({
    log,
    clock,
    telemetry,
    find: (roomId) => rooms.find(roomId)?.judged,
    bygone: (roomId, verdict, documents) => enforceBygone({ log, clock, quarantine }, roomId, verdict, documents),
  });
  const gateway = new LocalGateway({ rooms, log, clock, telemetry, moderation: house, secret: parts.localKey });
  telemetry.pools(() => pools.view());
  telemetry.roomMemory(() => rooms.pssBytes());
  return {
    rooms,
    gateway,
    enforcer,
    begin() {
      undo.add('enforcer', () => enforcer.stop());
      enforcer.start();
      undo.add('local rooms', () => gateway.stop());
      undo.add('rooms', async () => {
        const nobodyWaits = pools.stop();
        await rooms.drain('drain', config.rooms.drain);
        // A process that hangs in the kernel must not hold up the end.
        await within(clock, POOLS_MS, nobodyWaits);
      });
      for (const each of found) {
        const gone = leftRuns.left(each.plan.request.roomId, each.runId);
        const { roomId } = each.plan.request;
        const judged = gone.then(() => enforcer.judged(roomId, log.last));
        rooms.resume(each, gone, judged);
      }
      gateway.start();
      rooms.open();
      pools.start();
    },
  };
}

function roomsConfig(
  { data, bots, rooms, connectors }: Config,
  { policies, assistants, daily }: Pick<RoomsConfig, 'policies' | 'assistants'> & { readonly daily: OpenedDaily },
): RoomsConfig {
  const { default: own, ...others } = bots;
  const recordings = recordingsFolder(data);
  const all = Object.entries({ default: own ?? { command: undefined, env: [] }, ...others }).map(([name, bot]) => [
    name,
    { ...bot, command: bot.command ?? ownBotCommand([connectors.transcript.folder, recordings]) },
  ]);
  return {
    ...rooms,
    bots: Object.fromEntries(all),
    policies,
    assistants,
    connectors: { ...connectors, recording: { folder: recordings }, daily: daily.rooms },
  };
}
