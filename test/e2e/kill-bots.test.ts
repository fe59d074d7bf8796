import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assertNoGaps, root, temporaryFolder } from '../helpers/daemon.ts';
import { gone } from '../helpers/processes.ts';
import { type Served, serve } from '../helpers/serve.ts';

/** Bytes of an id and the end of its line. */
const NOTE = 37;

/** Resolves when so many ids have been noted; how many there are then. */
async function untilNoted(journal: string, count: number): Promise<number> {
  for (;;) {
    const { size } = await stat(journal).catch(() => ({ size: 0 }));
    if (size >= count * NOTE) return Math.floor(size / NOTE);
  }
}

const noted = (journal: string) => (existsSync(journal) ? readFileSync(journal, 'utf8').trimEnd().split('\n') : []);

/** A data folder whose configuration has the bot that publishes as fast as it can and notes what it has published. */
async function setUp() {
  const data = await temporaryFolder();
  const command = [process.execPath, join(root, 'test/bots/publisher.ts')];
  const bots = { publisher: { command } };
  const config = { bots, rooms: { resume: false }, log: { maxEventsPerRoom: 10_000_000 } };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  const journalFolder = await temporaryFolder();
  return { data, journal: (room: string) => join(journalFolder, room) };
}

/** Resolves when nothing of an earlier supervisor is left to be taken in. */
async function takenIn(data: string): Promise<void> {
  while ((await readdir(join(data, 'runs'))).length > 0);
}

/** Each noted id is in the log exactly once, and every run's numbers are whole. */
async function expectAll(roomd: Served, journals: readonly string[]): Promise<void> {
  const events = await roomd.history();
  assertNoGaps(events);
  const times = new Map<string, number>();
  for (const { envelope } of events) times.set(envelope.id, (times.get(envelope.id) ?? 0) + 1);
  const wrong = journals.flatMap(noted).filter((id) => times.get(id) !== 1);
  expect(wrong).toEqual([]);
  expect([...times.values()].every((count) => count === 1)).toBe(true);
}

it('what bots have published survives the kill -9 of the supervisor at any moment', { timeout: 120_000 }, async () => {
  const { data, journal } = await setUp();
  const seed = Number(process.env.ROOMD_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`kill -9 at random moments: ROOMD_TEST_SEED=${seed}`);
  const [moments = []] = fc.sample(fc.array(fc.nat(2_500), { minLength: 4, maxLength: 4 }), { seed, numRuns: 1 });
  const journals: string[] = [];
  for (const [round, moment] of moments.entries()) {
    const roomd = await serve(data);
    const pids: number[] = [];
    const mine = ['a', 'b'].map((name) => journal(`${round}-${name}`));
    for (const [i, path] of mine.entries()) {
      const request = { bot: 'publisher', options: { journal: path, bytes: 100, telemetry: i } };
      pids.push((await roomd.spawn(`room-${round}-${i}`, request)).pid ?? 0);
    }
    journals.push(...mine);
    await Promise.all(mine.map((path) => untilNoted(path, moment + 1)));
    await roomd.end('SIGKILL');
    // Every other time the next supervisor waits for nobody.
    if (round % 2 === 0) await Promise.all(pids.map(gone));
  }
  const last = await serve(data);
  await takenIn(data);
  await expectAll(last, journals);
  expect(await last.metric('roomd_events_taken_in_total')).toBeGreaterThan(0);
  expect(await last.end('SIGTERM')).toBe(0);
});

it('a bot whose supervisor lives is acknowledged in time and leaves nothing', async () => {
  const { data, journal } = await setUp();
  const roomd = await serve(data);
  await roomd.spawn('busy', { bot: 'publisher', options: { journal: journal('busy'), telemetry: 1 } });
  await untilNoted(journal('busy'), 3_000);
  await roomd.stop('busy');
  const stop = { reason: 'requested', code: 0, stderr: [] };
  expect(await roomd.over('busy')).toMatchObject({ state: 'stopped', stop });
  await expectAll(roomd, [journal('busy')]);
  const topics = (await roomd.history('busy')).map(({ envelope }) => envelope.topic);
  expect(topics).toContain('assistant.session.ended');
  expect(roomd.lines.filter((line) => line.includes('a bot had left'))).toEqual([]);
  expect(await roomd.end('SIGTERM')).toBe(0);
});

it('a second kill -9, in the midst of taking in, costs and doubles nothing', { timeout: 60_000 }, async () => {
  const { data, journal } = await setUp();
  const first = await serve(data);
  const path = journal('twice');
  const { pid } = await first.spawn('twice', { bot: 'publisher', options: { journal: path } });
  await untilNoted(path, 500);
  first.process.kill('SIGSTOP');
  // Nobody acknowledges any more: all this is left to the bot.
  await untilNoted(path, (await untilNoted(path, 500)) + 6_000);
  await first.end('SIGKILL');
  await gone(pid ?? 0);
  let kills = 0;
  for (let count = 0; ; kills++) {
    const next = await serve(data);
    while ((await readdir(join(data, 'runs'))).length > 0 && (await next.history('twice')).length <= count);
    if ((await readdir(join(data, 'runs'))).length === 0) {
      await expectAll(next, [path]);
      expect(await next.end('SIGTERM')).toBe(0);
      break;
    }
    count = (await next.history('twice')).length;
    await next.end('SIGKILL');
  }
  console.log(`killed ${kills} times while taking in ${noted(path).length} events`);
});
