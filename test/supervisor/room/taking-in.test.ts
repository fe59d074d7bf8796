import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import type { Launch } from '../../../supervisor/child/port.ts';
import { createLauncher } from '../../../supervisor/child/spawn.ts';
import { composeSnapshot } from '../../../supervisor/policy/snapshot.ts';
import { Run } from '../../../supervisor/room/run.ts';
import { testBot } from '../../helpers/daemon.ts';
import { runParts } from './rig.ts';

/** Runs on a log in memory, without rooms around them. */
async function setUp() {
  const parts = await runParts();
  const { log } = parts;
  const run = (roomId: string, command: readonly string[], launch: Launch) => {
    const request = { roomId, connector: 'external', bot: 'test', options: { code: 0 } } as const;
    const plan = {
      request,
      attempt: 1,
      bot: { command, env: [] },
      snapshot: composeSnapshot([]),
      heartbeatTimeout: 6e4,
      memory: 2 ** 30,
      endsAt: Number.MAX_SAFE_INTEGER,
    };
    return new Run({ ...parts, launch }, plan, { onEnvelope() {}, onPressure() {} });
  };
  const ids = async (roomId: string) =>
    (await log.read({ after: 0, limit: 10_000, roomId })).records.map(({ id }) => id);
  return { log, run, ids };
}

const left = (participantId: string) => ({
  id: newId(),
  ts: 1,
  topic: 'room.participant.left',
  specVersion,
  runtime: 'bot',
  payload: { participantId, isBot: false },
});

it('what bots have left is read one at a time; a run that has left nothing waits for nobody', async () => {
  const { log, run, ids } = await setUp();
  const [first, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let [reading, most] = [0, 0];
  const read = log.read.bind(log);
  // Only who takes something in reads the log here.
  log.read = async (query) => {
    most = Math.max(most, ++reading);
    first.resolve();
    await open.promise;
    reading -= 1;
    return read(query);
  };
  const exits = ['a', 'b'].map(() => Promise.withResolvers<void>());
  const gone = exits.map(({ promise }) => promise);
  const spawn = createLauncher(systemClock);
  const launch: Launch = (spec, listener) => {
    const child = spawn(spec, listener);
    void child.exited.then(() => exits.pop()?.resolve());
    return child;
  };
  const leaving = ['a', 'b'].map((roomId) => run(roomId, testBot('leaver'), launch).live());
  await Promise.all([...gone, first.promise]);
  await run('c', testBot('instant-exit'), spawn).live();
  expect(most).toBe(1);
  open.resolve();
  await Promise.all(leaving);
  expect(most).toBe(1);
  for (const roomId of ['a', 'b']) expect(await ids(roomId)).toHaveLength(9);
});

it('what a bot has written and left as well is there once, though its pipe was far ahead of the disk', async () => {
  const { log, run, ids } = await setUp();
  const append = log.append.bind(log);
  const disk = Promise.withResolvers<void>();
  log.append = (entries, documents) => disk.promise.then(() => append(entries, documents));
  const events = Array.from({ length: 3_000 }, (_, i) => left(String(i)));
  const lines = events.map((event) => JSON.stringify(event));
  // All of it at once: the intake has forgotten the ids of the first by the time of the last.
  const launch: Launch = ({ env }, listener) => {
    for (const line of lines) listener.onLine(line);
    const exited = writeFile(env.ROOMD_SPILL_PATH ?? '', `${lines[0]}\n`).then(() => ({ code: 0, signal: null }));
    const ignore = () => undefined;
    return {
      pid: undefined,
      exited,
      send: () => true,
      unread: 0,
      acknowledge: ignore,
      pause: ignore,
      resume: ignore,
      signal: ignore,
    };
  };
  const late = run('far', [], launch);
  const settled = late.intake.settled.bind(late.intake);
  // The disk takes nothing until somebody waits for it.
  late.intake.settled = () => {
    disk.resolve();
    return settled();
  };
  await late.live();
  const times = (await ids('far')).filter((id) => id === events[0]?.id);
  expect(times).toHaveLength(1);
});
