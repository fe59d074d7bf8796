import { describe, expect, it } from 'vitest';
import { storedLetters } from '../../../supervisor/forward/dead-letters.ts';
import type { Outcome } from '../../../supervisor/forward/port.ts';
import { Shelf } from '../../../supervisor/forward/shelf.ts';
import { all, balanced, entryOf, HIGH, logOnDisk, newLog, passing, rig, settle, temporaryFolder } from './rig.ts';

describe('the shelf of dead letters', () => {
  it('takes the oldest off the room that has most', () => {
    const shelf = new Shelf(100);
    shelf.add('1', 'quiet', 10);
    for (const id of ['2', '3', '4', '5']) shelf.add(id, 'loud', 25);
    expect(shelf.trim()).toEqual(['2']);
    expect(shelf.trim()).toEqual([]);
    shelf.remove('5');
    shelf.add('6', 'quiet', 50);
    expect(shelf.trim()).toEqual(['1']);
    // The same letter again is not one more.
    shelf.add('6', 'quiet', 50);
    expect(shelf.trim()).toEqual([]);
  });

  it('may be smaller than a single letter', () => {
    const shelf = new Shelf(10);
    shelf.add('1', 'a', 25);
    expect(shelf.trim()).toEqual(['1']);
    expect(shelf.trim()).toEqual([]);
  });
});

it('dead letters are bounded, a flood costs no other room its own, and what goes is counted and told', async () => {
  const folder = await temporaryFolder();
  const log = await logOnDisk(folder);
  const settings = { deadLetterBytes: 50_000 };
  const { target, pump, clock, published } = await rig({ log, settings });
  target.answer = all('poison', 'MalformedDetail');
  await log.append([entryOf(1, HIGH, clock.now(), 'quiet')]);
  for (let from = 2; from <= 500; from += 100) {
    await log.append(Array.from({ length: 100 }, (_, index) => entryOf(from + index, HIGH, clock.now(), 'loud')));
  }
  await passing(clock, () => pump.accounting().pending === 0);
  const { deadLettered, expired } = pump.accounting();
  expect(balanced(pump)).toBe(true);
  expect(deadLettered + expired).toBe(501);
  const { deadLetters } = await pump.deadLetters.list('', 1_000);
  expect(deadLetters).toHaveLength(deadLettered);
  expect(deadLetters[0]).toMatchObject({ roomId: 'quiet', eventId: 'id-1' });
  // The newest of the others stay.
  expect(deadLetters.at(-1)).toMatchObject({ eventId: 'id-501' });
  expect(deadLetters[1]?.eventId).toBe(`id-${expired + 2}`);
  const told = published.filter(({ topic }) => topic === 'forwarding.delivery.expired');
  expect(told.reduce((sum, { payload }) => sum + Number(payload.count), 0)).toBe(expired);
  await pump.stop(0);
  // What is there already counts after a restart too.
  const again = await rig({ log, settings });
  again.target.answer = all('poison', 'MalformedDetail');
  await log.append(Array.from({ length: 100 }, (_, index) => entryOf(502 + index, HIGH, clock.now(), 'loud')));
  await passing(again.clock, () => again.pump.accounting().pending === 0);
  expect(again.pump.accounting()).toMatchObject({ deadLettered, expired: expired + 100 });
});

describe('a letter that loses its place while it is sent again', () => {
  it.each<[string, Outcome]>([
    ['arrives', { kind: 'delivered', eventId: 'x' }],
    ['is refused', { kind: 'poison', reason: 'InvalidArgument' }],
  ])('and then %s is counted once, and leaves nothing behind', async (_, outcome) => {
    const log = newLog();
    const { target, pump, clock } = await rig({ log, settings: { deadLetterBytes: 5_000 } });
    target.answer = all('poison', 'MalformedDetail');
    await log.append([entryOf(1, HIGH, clock.now(), 'loud')]);
    await passing(clock, () => pump.accounting().deadLettered === 1);
    const answer = Promise.withResolvers<Outcome>();
    target.answer = async (ids, signal) =>
      ids.includes('id-1') ? [await answer.promise] : all('poison', 'MalformedDetail')(ids, signal);
    await pump.redrive.start({});
    await passing(clock, () => target.underWay === 1);
    await log.append(Array.from({ length: 20 }, (_, index) => entryOf(2 + index, HIGH, clock.now(), 'loud')));
    await passing(clock, () => pump.accounting().pending === 0);
    const before = pump.accounting();
    answer.resolve(outcome);
    await passing(clock, () => pump.redrive.progress()?.state === 'done');
    await settle();
    expect(pump.accounting()).toEqual(before);
    const { deadLetters } = await pump.deadLetters.list('', 100);
    expect(deadLetters).toHaveLength(before.deadLettered);
    for (const { id } of deadLetters) expect(await pump.deadLetters.get(id)).toBeDefined();
  });
});

it('a letter that is refused again counts as much as before, after a restart too', async () => {
  const log = newLog();
  const { target, pump, clock } = await rig({ log });
  target.answer = all('poison', 'MalformedDetail');
  await log.append(Array.from({ length: 20 }, (_, index) => entryOf(1 + index, HIGH, clock.now(), 'loud')));
  await passing(clock, () => pump.accounting().deadLettered === 20);
  await pump.redrive.start({});
  await passing(clock, () => pump.redrive.progress()?.state === 'done');
  const sizes: number[] = [];
  for await (const { bytes } of storedLetters(log)) sizes.push(bytes);
  expect(sizes).toHaveLength(20);
  expect(Math.min(...sizes)).toBeGreaterThan(600);
});
