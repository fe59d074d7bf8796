import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { type Clock, sleep, systemClock } from '../spec/runtime/clock.ts';
import { specVersion } from '../spec/spec-version.ts';
import { createMetrics } from './base/metrics.ts';
import { createTelemetry, type Telemetry } from './base/telemetry.ts';
import { Turn } from './base/turn.ts';
import { UndoStack } from './base/undo.ts';
import { createLauncher } from './child/spawn.ts';
import type { Config } from './config.ts';
import { openDryRun } from './forward/dry-run.ts';
import { openEventBridge } from './forward/eventbridge.ts';
import { createForwarder } from './forward/forwarder.ts';
import type { Target } from './forward/port.ts';
import { createServer } from './http/server.ts';
import { createJournal } from './intake/journal.ts';
import { RetentionLoop } from './log/retention.ts';
import { openSqliteLog } from './log/sqlite-log.ts';
import { ownBotCommand } from './own-bot.ts';
import { Enforcer } from './room/enforcer.ts';
import { LeftRuns } from './room/left-runs.ts';
import { OriginKey } from './room/origin-key.ts';
import type { RoomsConfig } from './room/planning.ts';
import { recordLostRooms } from './room/recovery.ts';
import { Registry } from './room/registry.ts';

export interface DaemonDeps {
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Something without which the daemon can't go on has broken. */
  readonly onFatal: (error: Error) => void;
}

export interface Daemon {
  /** Such as `http://127.0.0.1:7070`. */
  readonly address: string;
  /** Rooms first, then their events, then the rest. Idempotent. */
  stop(cause: string): Promise<void>;
}

/** How long the start waits for the end of lost rooms to be on disk. */
const RECORD_LOST_MS = 1_000;
/** How long the forwarder may take at the end to send what is left; the rest stays on disk. */
const FORWARD_DRAIN_MS = 5_000;

/** Builds everything and starts it front to back; what fails to start takes back what has. */
export async function startDaemon(config: Config, deps: DaemonDeps): Promise<Daemon> {
  const clock = deps.clock ?? systemClock;
  const random = deps.random ?? Math.random;
  const telemetry = createTelemetry(deps.log, createMetrics(), clock);
  const undo = new UndoStack((name, error) => telemetry.internalError(`stopping ${name}`, error));
  try {
    const address = await start(config, { ...deps, clock, random }, telemetry, undo);
    let stopped: Promise<void> | undefined;
    return {
      address,
      stop(cause) {
        if (stopped === undefined) telemetry.stopping(cause);
        stopped ??= undo.run().then(() => telemetry.stopped());
        return stopped;
      },
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function start(
  config: Config,
  deps: Required<DaemonDeps>,
  telemetry: Telemetry,
  undo: UndoStack,
): Promise<string> {
  const { clock, random, env, onFatal } = deps;
  const { data } = config;
  for (const folder of [data, join(data, 'runs'), join(data, 'stderr')]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const { ballast } = config.log;
  const log = await openSqliteLog(join(data, 'events.db'), { clock, telemetry, onFatal, ballast });
  undo.add('log', () => log.close());
  const isNew = log.last === 0;
  const lost = await recordLostRooms(log, clock);
  telemetry.roomsLost(lost.count);
  const runs = { log, clock, telemetry, data, originKey: await OriginKey.load(log), takingIn: new Turn() };
  const leftRuns = await LeftRuns.find(runs);
  undo.add('runs left by an earlier supervisor', () => leftRuns.stop());
  const recorded = new AbortController();
  // What they left is numbered on from there. It rejects when the log closes first: then the next start does it.
  lost.recorded
    .then(() => leftRuns.start())
    .then(
      () => recorded.abort(),
      () => recorded.abort(),
    );
  // A full disk is no reason not to start: who would tell anybody about it?
  await sleep(clock, RECORD_LOST_MS, recorded.signal);
  for (const setting of notInForce(config)) telemetry.settingNotInForce(setting);

  const target = await openTarget(config, clock);
  undo.add('target', () => target.close());
  const { batch, entriesPerSecond, busCheck, deadLetters } = config.forward;
  const forwarder = createForwarder({
    log,
    target,
    clock,
    random,
    telemetry,
    config: {
      source: config.forward.source,
      bus: config.forward.bus,
      batch: { entries: batch.entries, waitMs: batch.wait, bytes: batch.bytes },
      maxAgeMs: config.log.maxAge,
      checkMs: busCheck,
      deadLetterBytes: deadLetters,
      ...(entriesPerSecond !== undefined && { entriesPerSecond }),
    },
    publish: createJournal(log, clock),
    startFrom: isNew ? 'start' : 'end',
  });

  const rooms = new Registry({ ...runs, random, launch: createLauncher(clock), env }, roomsConfig(config));
  const enforcer = new Enforcer({ log, clock, telemetry, find: (roomId) => rooms.find(roomId) });
  const server = createServer({
    rooms,
    log,
    clock,
    telemetry,
    tokens: config.http.tokens,
    version: packageJson.version,
    specVersion,
    forwarding: forwarder,
    ready: () =>
      notReady({ draining: rooms.draining, log: log.problem, forward: forwarder.problem, policy: enforcer.problem }),
  });
  undo.add('http', () => server.close());
  undo.add('forwarder', async () => {
    await forwarder.stop(FORWARD_DRAIN_MS);
    telemetry.forwardAccounted(target.name, forwarder.accounting());
  });
  await forwarder.start();
  const retention = new RetentionLoop(log, config.log, {
    clock,
    telemetry,
    passed: () => Math.min(forwarder.passed, enforcer.passed),
    afterTrim: () => rooms.forgetExpired(),
  });
  undo.add('retention', () => retention.stop());
  retention.start();
  undo.add('enforcer', () => enforcer.stop());
  enforcer.start();
  undo.add('rooms', () => rooms.drain('drain', config.rooms.drain));
  const address = await server.listen(config.http.host, config.http.port);
  telemetry.serving(address, data, target.name);
  return address;
}

async function openTarget({ forward, data }: Config, clock: Clock): Promise<Target> {
  const { target, bus, region, endpoint } = forward;
  if (target === 'dry-run' || region === undefined) {
    return openDryRun({ file: join(data, 'dry-run.jsonl'), bus, clock });
  }
  return openEventBridge({ region, bus, clock, ...(endpoint !== undefined && { endpoint }) });
}

function roomsConfig({ bots, rooms, policy, connectors }: Config): RoomsConfig {
  const { default: own, ...others } = bots;
  const commands = Object.entries({ default: own ?? { command: undefined, env: [] }, ...others }).map(
    ([name, { command, env }]) => [name, { command: command ?? ownBotCommand(), env }],
  );
  return { ...rooms, bots: Object.fromEntries(commands), policyLayers: policy.layers, connectors };
}

/** Why no rooms should be sent here, one line a part. */
function notReady(problems: { draining: boolean } & Record<string, string | boolean | undefined>): string[] {
  const { draining, ...parts } = problems;
  const reasons = draining ? ['draining: the supervisor is stopping and takes no new rooms'] : [];
  for (const [part, problem] of Object.entries(parts)) if (problem !== undefined) reasons.push(`${part}: ${problem}`);
  return reasons;
}

/** Settings that are promised and not built yet: better said at start than found out. */
function notInForce({ rooms, bots, forward }: Config): string[] {
  const settings: string[] = [];
  if (rooms.memory !== undefined) settings.push('rooms.memory');
  if (forward.refuseOnSpecMismatch) settings.push('forward.refuseOnSpecMismatch');
  for (const [name, { warm }] of Object.entries(bots)) if (warm > 0) settings.push(`bots.${name}.warm`);
  return settings;
}
