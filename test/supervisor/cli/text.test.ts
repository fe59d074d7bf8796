import { describe, expect, it } from 'vitest';
import { painter } from '../../../supervisor/cli/io.ts';
import {
  humanCount,
  humanDuration,
  mebibytes,
  pad,
  paintName,
  percent,
  safe,
  table,
  truncate,
  truncateStart,
  width,
} from '../../../supervisor/cli/text.ts';
import { Capture } from './rig.ts';

const colours = painter(new Capture(true), {});
const red = (text: string) => colours('red', text);

describe('colours', () => {
  it('are for terminals, unless refused; forced, they go anywhere', () => {
    const painted = (tty: boolean, env: Record<string, string>) => painter(new Capture(tty), env)('red', 'x') !== 'x';
    expect(painted(true, {})).toBe(true);
    expect(painted(false, {})).toBe(false);
    expect(painted(true, { NO_COLOR: '1' })).toBe(false);
    expect(painted(true, { NO_COLOR: '' })).toBe(true);
    expect(painted(true, { TERM: 'dumb' })).toBe(false);
    expect(painted(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(painted(false, { FORCE_COLOR: '0' })).toBe(false);
  });

  it('of a name are always the same, and differ between names', () => {
    expect(paintName(colours, 'ada')).toBe(paintName(colours, 'ada'));
    const some = ['ada', 'bo', 'cleo', 'dan'].map((name) => paintName(colours, name).replace(name, ''));
    expect(new Set(some).size).toBeGreaterThan(1);
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    [red('abc'), 3],
    ['日本', 4],
    ['👩‍👩‍👧', 2],
    ['e\u0301', 1],
  ])('of %j is %i', (text, columns) => expect(width(text)).toBe(columns));

  it('is what padding goes by', () => expect(width(pad(red('日'), 5))).toBe(5));
});

describe('truncate', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
  ])('%j to %i', (text, columns, expected) => {
    expect(truncate(text, columns)).toBe(expected);
    expect(width(truncate(text, columns))).toBeLessThanOrEqual(columns);
  });

  it('keeps styles whole and ends them', () => {
    const text = truncate(`${red('abc')}${red('def')}`, 4);
    expect(text.startsWith(red('abc'))).toBe(true);
    expect(text.endsWith('…\u001b[0m')).toBe(true);
    expect(width(text)).toBe(4);
  });

  it('at the start keeps the end', () => {
    expect(truncateStart('supervisor.room.state', 10)).toBe('…oom.state');
    expect(truncateStart('short', 10)).toBe('short');
  });
});

it('safe takes away what would move the cursor, ring, or turn text around', () => {
  const evil = 'a\u001b[2Jb\u0007c\nd\u202ee\u2028f\u009bg';
  expect(safe({ [evil]: [evil, 1, null, { deep: evil }] })).toEqual({
    'a [2Jb c d e f g': ['a [2Jb c d e f g', 1, null, { deep: 'a [2Jb c d e f g' }],
  });
});

it('table aligns by what is seen', () => {
  expect(
    table([
      ['a', 'bb', 'c'],
      [red('long'), 'b', ''],
    ]),
  ).toEqual(['a     bb  c', `${red('long')}  b`]);
});

it('table ends columns of numbers where they end', () => {
  expect(
    table(
      [
        ['a', 'n', 'c'],
        ['b', red('12'), 'd'],
      ],
      new Set([1]),
    ),
  ).toEqual(['a   n  c', `b  ${red('12')}  d`]);
});

it('sizes and shares are said briefly', () => {
  expect([mebibytes(0), mebibytes(31_457_280), mebibytes(5 * 2 ** 30)]).toEqual(['0 MiB', '30 MiB', '5,120 MiB']);
  expect([percent(0), percent(0.984), percent(2)]).toEqual(['0%', '98%', '200%']);
});

it.each([
  [0, '0 ms'],
  [812, '812 ms'],
  [9_510, '9.5 s'],
  [61_234, '1 min'],
  [3_600_000, '1 h'],
  [12_000_000, '3 h 20 min'],
])('%i ms is %s', (ms, text) => expect(humanDuration(ms)).toBe(text));

describe('counts', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [12_345_678, '12,345,678'],
  ])('%i is %s', (count, text) => expect(humanCount(count)).toBe(text));
});
