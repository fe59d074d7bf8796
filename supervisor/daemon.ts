import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { installOwnTopics } from '../spec/own-topics.ts';
import { type Clock, systemClock } from '../spec/runtime/clock.ts';
import { specVersion } from '../spec/spec-version.ts';
import { openLocalKey } from './base/local-key.ts';
import { measureLoopDelay } from './base/loop-delay.ts';
import { createMetrics } from './base/metrics.ts';
import { createTelemetry, type Telemetry } from './base/telemetry.ts';
import { UndoStack } from './base/undo.ts';
import type { Config } from './config.ts';
import { consoleFolder } from './daemon-console.ts';
import { openDaily } from './daemon-daily.ts';
import { startPolicies } from './daemon-policies.ts';
import { openRooms } from './daemon-rooms.ts';
import { openDryRun } from './forward/dry-run.ts';
import { openEventBridge } from './forward/eventbridge.ts';
import { createForwarder } from './forward/forwarder.ts';
import type { Target } from './forward/port.ts';
import { createServer } from './http/server.ts';
import { createJournal } from './intake/journal.ts';
import { RetentionLoop } from './log/retention.ts';
import { openSqliteLog } from './log/sqlite-log.ts';
import { openRecordings, recordingsFolder } from './recordings/store.ts';

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
  /** The end takes too long for somebody: bots are ended by force, and what can wait for the next start does. */
  hurry(): void;
}

/** How long the forwarder may take at the end to send what is left; the rest stays on disk. */
const FORWARD_DRAIN_MS = 5_000;

/** Builds everything and starts it front to back; what fails to start takes back what has. */
export async function startDaemon(config: Config, deps: DaemonDeps): Promise<Daemon> {
  const clock = deps.clock ?? systemClock;
  const random = deps.random ?? Math.random;
  const metrics = createMetrics();
  const telemetry = createTelemetry(deps.log, metrics, clock);
  const undo = new UndoStack((name, error) => telemetry.internalError(`stopping ${name}`, error));
  undo.add('loop delay', measureLoopDelay(metrics));
  try {
    const hurry = new AbortController();
    const address = await start(config, { ...deps, clock, random }, telemetry, undo, hurry.signal);
    let stopped: Promise<void> | undefined;
    return {
      address,
      stop(cause) {
        if (stopped === undefined) telemetry.stopping(cause);
        stopped ??= undo.run().then(() => telemetry.stopped());
        return stopped;
      },
      hurry() {
        if (!hurry.signal.aborted) telemetry.hurrying();
        hurry.abort();
      },
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function start(
  given: Config,
  deps: Required<DaemonDeps>,
  telemetry: Telemetry,
  undo: UndoStack,
  hurry: AbortSignal,
): Promise<string> {
  const { clock, random, env, onFatal } = deps;
  // Before anything that asks what a topic is.
  await installOwnTopics(given.spec.topics);
  await mkdir(given.data, { recursive: true, mode: 0o700 });
  // Bots are given paths in it, and permissions are for what a link stands for.
  const config = { ...given, data: await realpath(given.data) };
  const { data } = config;
  for (const folder of ['runs', 'stderr']) await mkdir(join(data, folder), { recursive: true, mode: 0o700 });
  const localKey = await openLocalKey(data);
  const { ballast } = config.log;
  const log = await openSqliteLog(join(data, 'events.db'), { clock, telemetry, onFatal, ballast });
  undo.add('log', () => log.close());
  const recordings = await openRecordings(recordingsFolder(data));
  const isNew = log.last === 0;
  const publish = createJournal(log, clock);
  const parts = { log, clock, random, telemetry, env, localKey };
  const policies = await startPolicies(config, { ...parts, publish }, undo);
  const daily = await openDaily(config, parts, undo);
  const { rooms, gateway, enforcer, begin } = await openRooms(config, { ...parts, policies, daily }, undo);
  const webhooks = await daily.follow(rooms);
  if (process.pid === 1) telemetry.noInit();

  const target = await openTarget(config, clock);
  undo.add('target', () => target.close());
  const { batch, entriesPerSecond, busCheck, deadLetters, refuseOnSpecMismatch } = config.forward;
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
      refuseOnSpecMismatch,
      ...(entriesPerSecond !== undefined && { entriesPerSecond }),
    },
    publish,
    startFrom: isNew ? 'start' : 'end',
  });

  const server = createServer({
    rooms,
    gateway,
    webhooks,
    log,
    recordings,
    clock,
    telemetry,
    tokens: config.http.tokens,
    localKey,
    cors: config.http.cors,
    maxConnections: config.http.maxConnections,
    eventsPerMinute: config.http.eventsPerMinute,
    consoleFolder: consoleFolder(),
    maxStreams: config.http.streams.max,
    requestsPerMinute: config.http.streams.requestsPerMinute,
    version: packageJson.version,
    specVersion,
    forwarding: forwarder,
    ready: () =>
      notReady({
        draining: rooms.draining,
        log: log.problem,
        forward: forwarder.problem,
        policy: policies.problem,
        enforcement: enforcer.problem,
      }),
  });
  undo.add('http', () => server.close());
  undo.add('forwarder', async () => {
    await forwarder.stop(FORWARD_DRAIN_MS, hurry);
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
  const address = await server.listen(config.http.host, config.http.port);
  begin();
  undo.add('meetings at Daily', () => webhooks.stop(hurry));
  hurry.addEventListener('abort', () => rooms.hurry());
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

/** Why no rooms should be sent here, one line a part. */
function notReady(problems: { draining: boolean } & Record<string, string | boolean | undefined>): string[] {
  const { draining, ...parts } = problems;
  const reasons = draining ? ['draining: the supervisor is stopping and takes no new rooms'] : [];
  for (const [part, problem] of Object.entries(parts)) if (problem !== undefined) reasons.push(`${part}: ${problem}`);
  return reasons;
}
