import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, lstat, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { Moderation } from '../../../supervisor/base/moderation.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Turn } from '../../../supervisor/base/turn.ts';
import type { Processes } from '../../../supervisor/child/processes-port.ts';
import { Stamper } from '../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import { composeSnapshot } from '../../../supervisor/policy/snapshot.ts';
import { LeftRuns } from '../../../supervisor/room/left-runs.ts';
import { OriginKey } from '../../../supervisor/room/origin-key.ts';
import { RunFolder, type RunProcess } from '../../../supervisor/room/run-folder.ts';
import { temporaryFolder, testBot } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { gone } from '../../helpers/processes.ts';
import { FakeProcesses, realProcesses, shell, until } from './processes-rig.ts';

const joined = (name: string, more = {}) => ({
  id: newId(),
  ts: 1,
  topic: 'room.participant.joined' as const,
  specVersion,
  runtime: 'bot' as const,
  payload: { participantId: 'ada', isBot: false, name },
  ...more,
});
const jsonl = (envelopes: readonly unknown[]) => envelopes.map((envelope) => `${JSON.stringify(envelope)}\n`).join('');
const link = (file: string, target: string) => rm(file).then(() => symlink(target, file));

/** A data folder in which an earlier supervisor has left one run of room `blue`, and the log. */
async function setUp(clock: Clock = systemClock, house?: Moderation) {
  const data = await temporaryFolder();
  await mkdir(join(data, 'runs'));
  const metrics = createMetrics();
  const telemetry = createTelemetry(pino({ level: 'silent' }), metrics);
  const log = createMemoryLog({ clock: systemClock, telemetry });
  const runId = newId();
  const origin = { roomId: 'blue', runId, attempt: 3, tenantId: 'ten', ...(house && { local: true as const }) };
  const originKey = await OriginKey.load(log);
  const folder = new RunFolder(data, runId, originKey);
  await folder.make();
  folder.fill(origin, composeSnapshot([]));
  /** What came through the pipe, in its time. */
  const stamper = new Stamper(origin);
  const accept = (envelopes: readonly ReturnType<typeof joined>[]) =>
    log.append(envelopes.map((envelope) => stamper.stamp(envelope, JSON.stringify(envelope.payload), 1)));
  const find = (processes: Processes = new FakeProcesses(), takingIn = new Turn()) =>
    LeftRuns.find({ log, clock, telemetry, data, originKey, takingIn, processes, house });
  const folders = () => readdir(join(data, 'runs'));
  /** Starts, and resolves when no run is left. */
  const takeAll = async () => {
    const left = await find();
    left.start();
    while ((await folders()).length > 0);
    await left.stop();
  };
  const logged = async () => {
    const { records } = await log.read({ after: 0, limit: 100_000 });
    return records.map(({ json }) => JSON.parse(json) as Envelope<'room.participant.joined'>);
  };
  const metric = async (name: keyof typeof metrics & ('takenIn' | 'spillsUnreadable' | 'botKills')) =>
    (await metrics[name].get()).values.reduce((sum, { value }) => sum + value, 0);
  return { data, log, originKey, folder, runId, accept, find, folders, takeAll, logged, metric };
}

describe('what a bot has left', () => {
  it('in a local room is moderated, whatever the room of that id is by now', async () => {
    const house = new Moderation({ block: [{ name: 'words', phrases: ['plumduff'] }], redact: [] });
    const { folder, log, takeAll, logged } = await setUp(systemClock, house);
    await log.append([], { 'room/blue': { roomId: 'blue', connector: 'external' } });
    const said = {
      ...joined('x'),
      topic: 'room.message.sent',
      payload: { messageId: 'm', participantId: 'ada', at: 0 },
    };
    const spill = [{ ...said, payload: { ...said.payload, text: 'plumduff' } }, joined('Eve')];
    await writeFile(folder.spill, jsonl(spill));
    await takeAll();
    expect((await logged()).map(({ topic }) => topic)).toEqual(['room.message.moderated', 'events.envelope.rejected']);
  });

  it('is taken in as of its run, without what the log has, and goes', async () => {
    const { folder, runId, accept, takeAll, logged, metric } = await setUp();
    const all = Array.from({ length: 1_200 }, (_, i) => joined(String(i)));
    await accept(all.slice(0, 700));
    // An event of the room that isn't this run's doesn't disturb its numbers.
    await writeFile(folder.spill, jsonl([...all.slice(500), ...all.slice(1_190)]));
    await takeAll();
    const events = await logged();
    expect(events.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(events.map(({ meta }) => meta?.seq)).toEqual(all.map((_, i) => i + 1));
    expect(events.at(-1)).toMatchObject({ roomId: 'blue', tenantId: 'ten', meta: { runId, attempt: 3 } });
    expect(await metric('takenIn')).toBe(500);
    expect(await metric('spillsUnreadable')).toBe(0);
  });

  it('is nothing, mostly', async () => {
    const { takeAll, logged } = await setUp();
    await takeAll();
    expect(await logged()).toEqual([]);
  });

  it('is taken in once, though the supervisor is stopped over it again and again', async () => {
    const { log, folder, find, folders, logged } = await setUp();
    const all = Array.from({ length: 2_000 }, (_, i) => joined(String(i)));
    await writeFile(folder.spill, jsonl(all));
    const append = log.append.bind(log);
    let rounds = 0;
    for (; (await folders()).length > 0; rounds++) {
      // The disk takes one slice, then nothing more.
      let slices = 0;
      const full = Promise.withResolvers<void>();
      log.append = (entries, documents) => {
        if (slices++ === 0) return append(entries, documents);
        full.resolve();
        return new Promise(() => {});
      };
      const left = await find();
      left.start();
      const emptied = (async () => {
        while ((await folders()).length > 0);
      })();
      await Promise.race([full.promise, emptied]);
      // It doesn't wait for the disk.
      await left.stop();
    }
    expect(rounds).toBeGreaterThan(5);
    const events = await logged();
    expect(events.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(events.map(({ meta }) => meta?.seq)).toEqual(all.map((_, i) => i + 1));
  });

  it.each([
    ['a link', (path: string) => symlink('/etc/passwd', path)],
    ['a pipe', async (path: string) => void execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => mkdir(join(path, 'within'), { recursive: true })],
    [
      '100 MB of nothing',
      async (path: string) => {
        await writeFile(path, '');
        await truncate(path, 100_000_000);
      },
    ],
    ['a million empty objects', (path: string) => writeFile(path, '{}\n'.repeat(1_000_000))],
  ])('harms nobody when it is %s', async (_, make) => {
    const { folder, takeAll, logged, metric } = await setUp();
    await make(folder.spill);
    await takeAll();
    expect((await logged()).filter(({ topic }) => topic === 'room.participant.joined')).toEqual([]);
    expect([await metric('takenIn'), await metric('spillsUnreadable')]).toEqual([0, 1]);
  });

  it('goes through the same checks as what is read from its pipe', async () => {
    const { folder, takeAll, logged, metric, runId } = await setUp();
    const elsewhere = { roomId: 'red', tenantId: 'other', meta: { runId: newId(), seq: 7 } };
    const good = joined('good', elsewhere);
    const lines = [
      Buffer.from('no json\n'),
      Buffer.from([0xc3, 0x28, 10]),
      Buffer.from(`${'x'.repeat(300_000)}\n`),
      Buffer.from(jsonl([{ ...joined(''), topic: 'supervisor.bot.gave_up', payload: { attempts: 1, windowMs: 1 } }])),
      Buffer.from(jsonl([good, good])),
      Buffer.from(jsonl([joined('cut')]).slice(0, 60)),
    ];
    await writeFile(folder.spill, Buffer.concat(lines));
    await takeAll();
    const events = await logged();
    expect(new Set(events.map(({ roomId }) => roomId))).toEqual(new Set(['blue']));
    expect(events.map(({ meta }) => [meta?.runId, meta?.seq])).toEqual(events.map((_, i) => [runId, i + 1]));
    const topics = events.map(({ topic }) => topic as string);
    expect(topics.filter((topic) => topic === 'room.participant.joined')).toHaveLength(1);
    expect(topics).toContain('events.envelope.overwritten');
    const rejected = events.filter(({ topic }) => (topic as string) === 'events.envelope.rejected');
    const counts = rejected.map(({ payload }) => (payload as unknown as { count: number }).count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(await metric('takenIn')).toBe(1);
  });

  it('waits until it is its turn', async () => {
    const { folder, find, folders, logged, runId } = await setUp();
    const takingIn = new Turn();
    await writeFile(folder.spill, jsonl([joined('later')]));
    const take = takingIn.take.bind(takingIn);
    const asked = Promise.withResolvers<void>();
    // Somebody else's takes for ever.
    void take(() => new Promise(() => {}));
    takingIn.take = (work) => {
      const mine = take(work);
      asked.resolve();
      return mine;
    };
    const left = await find(undefined, takingIn);
    left.start();
    await asked.promise;
    await left.stop();
    expect(await folders()).toEqual([runId]);
    expect(await logged()).toEqual([]);
  });

  it('goes without having been looked at when it lies in no run of ours', async () => {
    const { data, originKey, folder, takeAll, logged, metric } = await setUp();
    for (const name of ['evil', randomUUID()]) {
      const stray = new RunFolder(data, name, originKey);
      await stray.make();
      stray.fill({ roomId: 'blue', runId: name, attempt: 1 }, composeSnapshot([]));
      await writeFile(stray.spill, jsonl([joined(name)]));
    }
    await writeFile(join(data, 'runs', 'stray'), '');
    await symlink('/etc', join(data, 'runs', 'link'));
    await writeFile(folder.spill, jsonl([joined('mine')]));
    await takeAll();
    expect((await logged()).map(({ payload }) => payload.name)).toEqual(['mine']);
    expect(await metric('spillsUnreadable')).toBe(0);
  });
});

describe('a bot that passes for another room', () => {
  const fields = { roomId: 'victim', tenantId: 'rich', assistantId: 'a', attempt: 4 };
  it.each<[string, (file: string, own: string, data: string) => Promise<unknown>]>([
    ...Object.entries(fields).map(
      ([name, value]) =>
        [
          `by ${name}`,
          async (file: string, own: string) => {
            const signed = JSON.parse(own);
            await writeFile(file, JSON.stringify({ ...signed, origin: { ...signed.origin, [name]: value } }));
          },
        ] as [string, (file: string, own: string) => Promise<void>],
    ),
    ['without a signature', (file, own) => writeFile(file, JSON.stringify(JSON.parse(own).origin))],
    ['with half a signature', (file, own) => writeFile(file, own.replace(/[0-9a-f]{32}"/, '"'))],
    ['with a signature of nonsense', (file, own) => writeFile(file, own.replace(/"[0-9a-f]{64}"/, '"x"'))],
    [
      'with the key of another log',
      async (file, own) => {
        const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
        const key = await OriginKey.load(createMemoryLog({ clock: systemClock, telemetry }));
        const { origin } = JSON.parse(own);
        const signature = key.sign({ ...origin, runId: basename(dirname(file)) });
        await writeFile(file, JSON.stringify({ origin, signature }));
      },
    ],
    ['with nothing', () => Promise.resolve()],
    ['with a pipe', async (file) => void execFileSync('mkfifo', [file])],
    ['with a link', (file, _, data) => copyFile(file, join(data, 'x')).then(() => link(file, join(data, 'x')))],
    ['with a link to no end', (file) => link(file, '/dev/zero')],
    ['with a folder', (file) => rm(file).then(() => mkdir(file))],
    ['with no end', (file) => truncate(file, 2 ** 40)],
  ])('%s: nothing of it is taken in, and that is told', async (how, forge) => {
    const { data, folder, takeAll, logged, metric, folders } = await setUp();
    const file = join(folder.path, 'origin.json');
    const own = await readFile(file, 'utf8');
    if (/nothing|pipe/.test(how)) await rm(file);
    await forge(file, own, data);
    await writeFile(folder.spill, jsonl([joined('forged')]));
    await takeAll();
    expect(await logged()).toEqual([]);
    expect([await metric('spillsUnreadable'), await metric('takenIn')]).toEqual([1, 0]);
    expect(await folders()).toEqual([]);
  });

  it('or for another run, with its own signature', async () => {
    const { data, originKey, folder, takeAll, logged, metric } = await setUp();
    const other = new RunFolder(data, newId(), originKey);
    await mkdir(other.path);
    await copyFile(join(folder.path, 'origin.json'), join(other.path, 'origin.json'));
    await writeFile(other.spill, jsonl([joined('forged')]));
    await writeFile(folder.spill, jsonl([joined('mine')]));
    await takeAll();
    expect((await logged()).map(({ payload }) => payload.name)).toEqual(['mine']);
    expect(await metric('spillsUnreadable')).toBe(1);
  });

  it('is found out after a restart too', async () => {
    const { log, folder, runId } = await setUp();
    const key = await OriginKey.load(log);
    expect(await new RunFolder(dirname(dirname(folder.path)), runId, key).origin()).toMatchObject({ roomId: 'blue' });
  });
});

describe('a bot that is still there', () => {
  it('is waited for', async () => {
    const clock = new FakeClock();
    const { folder, runId, find, folders, logged } = await setUp(clock);
    const processes = new FakeProcesses();
    processes.set({ pid: 100, run: runId });
    const left = await find(processes);
    let closed = false;
    const closing = left.left('blue').then(() => {
      closed = true;
    });
    expect([left.isLeft('blue'), left.isLeft('red')]).toEqual([true, false]);
    await left.left('red');
    left.start();
    while (processes.lists < 3) await clock.pass(100);
    expect(await folders()).toEqual([runId]);
    await writeFile(folder.spill, jsonl([joined('last words')]));
    expect([closed, left.isLeft('blue')]).toEqual([false, true]);
    // Whoever has died is gone, though nobody has buried him.
    processes.set({ pid: 100, state: 'Z' });
    while ((await folders()).length > 0) await clock.pass(100);
    await closing;
    expect(left.isLeft('blue')).toBe(false);
    await left.left('blue');
    await left.stop();
    expect(await logged()).toHaveLength(1);
  });

  it('is waited for by its room, with every other run of that room', async () => {
    const clock = new FakeClock();
    const { data, originKey, folder, find } = await setUp(clock);
    const add = async (roomId?: string) => {
      const other = new RunFolder(data, newId(), originKey);
      await other.make();
      if (roomId !== undefined) other.fill({ roomId, runId: other.runId, attempt: 1 }, composeSnapshot([]));
      return other;
    };
    const [second, red, unsaid, waiting] = [await add('blue'), await add('red'), await add('green'), await add()];
    // The bot has seen to it that nobody can say whose it is; what the log knows still counts.
    await writeFile(join(unsaid.path, 'origin.json'), '{}');
    const processes = new FakeProcesses();
    const runs = [folder, second, red, unsaid, waiting].map((each) => each.runId);
    processes.set(...runs.map((run, i) => ({ pid: 100 + i, run })));
    const left = await find(processes);
    const order: string[] = [];
    const note = (name: string, gone: Promise<void>) => gone.then(() => order.push(name));
    const all = [
      note('blue', left.left('blue')),
      note('red', left.left('red')),
      note('green', left.left('green', unsaid.runId)),
    ];
    expect([left.isLeft('green'), left.isLeft('green', unsaid.runId)]).toEqual([false, true]);
    await note('nobody', left.left('green'));
    // What becomes of the folder later is no matter.
    await rm(join(second.path, 'origin.json'));
    left.start();
    const end = async (each: RunFolder, pid: number) => {
      processes.table.delete(pid);
      while ((await readdir(join(data, 'runs'))).includes(each.runId)) await clock.pass(100);
      await clock.pass(0);
    };
    await end(folder, 100);
    expect([order, left.isLeft('blue')]).toEqual([['nobody'], true]);
    await end(red, 102);
    await end(second, 101);
    await end(unsaid, 103);
    await Promise.all(all);
    expect(order).toEqual(['nobody', 'red', 'blue', 'green']);
    expect(await readdir(join(data, 'runs'))).toEqual([waiting.runId]);
    await left.stop();
  });

  it('is not waited for any more when this one stops', async () => {
    const { runId, find, folders } = await setUp();
    const processes = new FakeProcesses();
    processes.set({ pid: 100, run: runId });
    const left = await find(processes);
    left.start();
    const closing = left.left('blue');
    await left.stop();
    await closing;
    expect(left.isLeft('blue')).toBe(false);
    await left.left('blue');
    expect(await folders()).toEqual([runId]);
  });

  it.each<[string, (processes: FakeProcesses) => void]>([
    [
      'nobody can tell',
      (processes) => {
        processes.none = true;
      },
    ],
    [
      'it cannot be told of somebody',
      (processes) => {
        // No process of the machine has such a number.
        processes.set({ pid: 5_000_000, run: '' });
        // Each time it is another one.
        processes.list = async () => {
          const [info] = [...processes.table.values()];
          processes.table.clear();
          processes.set({ pid: (info?.pid ?? 0) + 1, run: '' });
          return new Map(processes.table);
        };
      },
    ],
  ])('gets its time where %s', async (_, make) => {
    const clock = new FakeClock();
    const { folder, find, folders } = await setUp(clock);
    await writeFile(folder.spill, jsonl([joined('last words')]));
    const processes = new FakeProcesses();
    make(processes);
    const left = await find(processes);
    left.start();
    while ((await folders()).length > 0) await clock.pass(100);
    await left.stop();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(6_000);
  });

  it('and does not leave is killed with what it has started; nobody else is', async () => {
    const clock = new FakeClock();
    const { data, folder, runId, folders, metric, log, originKey } = await setUp(clock);
    const launch = (id: string, spill: string) => {
      const [program = '', ...args] = testBot('deaf');
      const own = { ROOMD_RUN_ID: id, ROOMD_SPILL_PATH: spill, ROOMD_SPEC_VERSION: specVersion };
      const env = { PATH: process.env.PATH, ...own };
      const child = spawn(program, args, { env, detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
      onTestFinished(() => {
        try {
          process.kill(-(child.pid ?? 0), 'SIGKILL');
        } catch {
          // As it should be.
        }
      });
      return child;
    };
    const deaf = launch(runId, folder.spill);
    const strangers = [
      launch(newId(), folder.spill),
      // This folder is a copy of theirs.
      launch(runId, join(dirname(data), 'original', 'runs', runId, basename(folder.spill))),
    ];
    let text = '';
    for await (const chunk of deaf.stdout) {
      text += chunk;
      if (text.includes('child-')) break;
    }
    const grandchild = Number(/child-(\d+)/.exec(text)?.[1]);
    const exited = once(deaf, 'exit');
    const metrics = createMetrics();
    const telemetry = createTelemetry(pino({ level: 'silent' }), metrics);
    const processes = realProcesses();
    const left = await LeftRuns.find({ log, clock, telemetry, data, originKey, takingIn: new Turn(), processes });
    left.start();
    while ((await folders()).length > 0) await clock.pass(100);
    await left.stop();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
    expect(await exited).toEqual([null, 'SIGKILL']);
    await gone(grandchild);
    expect((await metrics.botKills.get()).values).toMatchObject([{ labels: { reason: 'deaf' }, value: 1 }]);
    expect(await metric('botKills')).toBe(0);
    for (const { exitCode, signalCode } of strangers) expect(exitCode ?? signalCode).toBeNull();
  });
});

/** Asleep or running. */
const ALIVE = expect.stringMatching(/^[RSD]$/);

describe('a bot that has overwritten its environment', () => {
  const real = realProcesses();
  /** With a child in a session of its own; neither says anything. Where they are killed, they are by this. */
  const launch = async () => {
    const { pid, pids, child } = await shell('setsid sleep 1000 & echo $!; exec sleep 1000');
    const [other = 0] = pids;
    await until(() => real.look(other)?.sid === other);
    return { pid, other, child, startTime: real.look(pid)?.startTime ?? 0, bootId: real.bootId ?? '' };
  };
  const reap = async ({ find, folders }: Awaited<ReturnType<typeof setUp>>, clock: FakeClock) => {
    const left = await find(real);
    left.start();
    while ((await folders()).length > 0) await clock.pass(100);
    await left.stop();
  };
  const setAll = async () => {
    const clock = new FakeClock();
    return { clock, rig: await setUp(clock), bot: await launch() };
  };

  it('is told by what was recorded of it', async () => {
    const { clock, rig, bot } = await setAll();
    const { pid, startTime, bootId } = bot;
    const file = join(rig.folder.path, 'process.json');
    // Whatever the bot has put there is replaced.
    await symlink(join(rig.data, 'victim'), file);
    await rig.folder.recordProcess({ pid, startTime, bootId });
    expect(await readdir(rig.data)).not.toContain('victim');
    expect(((await lstat(file)).mode & 0o777).toString(8)).toBe('600');
    expect(await readdir(rig.folder.path)).toHaveLength(3);
    expect(await rig.folder.process()).toEqual({ pid, startTime, bootId });
    await reap(rig, clock);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
    await Promise.all([gone(pid), gone(bot.other)]);
    expect(await rig.metric('botKills')).toBe(1);
  });

  it('or that never had a room goes the same way, and nobody is told', async () => {
    const { clock, rig, bot } = await setAll();
    const { pid, startTime, bootId } = bot;
    await rm(join(rig.folder.path, 'origin.json'));
    await rig.folder.recordProcess({ pid, startTime, bootId });
    await reap(rig, clock);
    await Promise.all([gone(pid), gone(bot.other)]);
    expect([await rig.metric('botKills'), await rig.metric('spillsUnreadable')]).toEqual([0, 0]);
  });

  type Rig = Awaited<ReturnType<typeof setUp>>;
  const change = (rig: Rig, text: (own: string) => string) => {
    const file = join(rig.folder.path, 'process.json');
    return readFile(file, 'utf8').then((own) => writeFile(file, text(own)));
  };
  it.each<[string, (rig: Rig, stranger: RunProcess) => Promise<unknown>]>([
    ['has its number', ({ folder }, own) => folder.recordProcess({ ...own, startTime: own.startTime - 1 })],
    ['had another boot', ({ folder }, own) => folder.recordProcess({ ...own, bootId: randomUUID() })],
    [
      'was named by a bot',
      async (rig, own) => {
        await rig.folder.recordProcess({ ...own, pid: 1 });
        await change(rig, (text) => text.replace('"pid":1,', `"pid":${own.pid},`));
      },
    ],
    [
      'was named without a signature',
      async (rig, own) => {
        await rig.folder.recordProcess(own);
        await change(rig, (text) => JSON.stringify({ process: JSON.parse(text).process }));
      },
    ],
    [
      "has another run's record",
      async (rig, own) => {
        const other = new RunFolder(rig.data, newId(), rig.originKey);
        await other.make();
        await other.recordProcess(own);
        await copyFile(join(other.path, 'process.json'), join(rig.folder.path, 'process.json'));
        await other.remove();
      },
    ],
    [
      'lives in the original of this folder',
      async (rig, own) => {
        const original = await temporaryFolder();
        await mkdir(join(original, 'runs'));
        const folder = new RunFolder(original, rig.runId, rig.originKey);
        await folder.make();
        await folder.recordProcess(own);
        await copyFile(join(folder.path, 'process.json'), join(rig.folder.path, 'process.json'));
      },
    ],
    [
      'has a record of nonsense',
      ({ folder }) => writeFile(join(folder.path, 'process.json'), '{"process":{"pid":-1}}'),
    ],
    ['has a record without end', ({ folder }) => symlink('/dev/zero', join(folder.path, 'process.json'))],
    ['has a folder for a record', ({ folder }) => mkdir(join(folder.path, 'process.json'))],
  ])('is not touched when it is a stranger that %s', async (_, forge) => {
    const { clock, rig, bot } = await setAll();
    const { pid, startTime, bootId } = bot;
    await forge(rig, { pid, startTime, bootId });
    await reap(rig, clock);
    expect([real.look(pid)?.state, real.look(bot.other)?.state]).toEqual([ALIVE, ALIVE]);

    expect(await rig.metric('botKills')).toBe(0);
  });

  it('can keep its record from being written, and that is told', async () => {
    const { rig, bot } = await setAll();
    const { pid, startTime, bootId } = bot;
    await mkdir(join(rig.folder.path, 'process.json'));
    await expect(rig.folder.recordProcess({ pid, startTime, bootId })).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  });
});
