import { expect, test } from 'vitest';
import { type Interruption, Interruptions } from '../../../bot/facilitation/interruptions.ts';

type Said = [start: number, end: number, participant: string, text: string];
const LONG = 'one two three four';

/** Plays speech into the detector, words after or before the floor changes at the same moment. */
function detect(said: Said[], wordsFirst: boolean): Interruption[] {
  const interruptions = new Interruptions();
  const found: Interruption[] = [];
  const times = [...new Set(said.map(([start]) => start).concat(said.map(([, end]) => end)))].sort((a, b) => a - b);
  let speaking: string[] = [];
  for (const time of times) {
    const now = said.filter(([start, end]) => start <= time && time < end).map(([, , who]) => who);
    speaking = [...speaking.filter((who) => now.includes(who)), ...now.filter((who) => !speaking.includes(who))];
    const words = () => {
      for (const [start, end, who, text] of said) {
        if (end === time) found.push(...interruptions.words(who, text, start, end));
      }
    };
    if (wordsFirst) words();
    found.push(...interruptions.floor(speaking[0] ?? null, [...new Set(speaking)], time));
    if (!wordsFirst) words();
  }
  return found;
}

const AB = (at: number, overlapMs: number) => [{ participantId: 'B', targetId: 'A', at, overlapMs }];

test.each<[string, Said[], Interruption[]]>([
  [
    'B starts, A stops, B goes on',
    [
      [0, 5_000, 'A', LONG],
      [4_000, 9_000, 'B', LONG],
    ],
    AB(4_000, 1_000),
  ],
  [
    'A stops exactly 3 s later',
    [
      [0, 5_000, 'A', LONG],
      [2_000, 9_000, 'B', LONG],
    ],
    AB(2_000, 3_000),
  ],
  [
    'A goes on for longer than 3 s',
    [
      [0, 5_001, 'A', LONG],
      [2_000, 9_000, 'B', LONG],
    ],
    [],
  ],
  [
    'B stops first',
    [
      [0, 5_000, 'A', LONG],
      [2_500, 4_900, 'B', LONG],
    ],
    [],
  ],
  [
    'both stop together',
    [
      [0, 5_000, 'A', LONG],
      [2_500, 5_000, 'B', LONG],
    ],
    [],
  ],
  [
    'B starts as A stops',
    [
      [0, 5_000, 'A', LONG],
      [5_000, 9_000, 'B', LONG],
    ],
    [],
  ],
  [
    'both start together',
    [
      [0, 2_000, 'A', LONG],
      [0, 9_000, 'B', LONG],
    ],
    [],
  ],
  [
    'a backchannel: under 1 s and 3 words',
    [
      [0, 5_000, 'A', LONG],
      [4_500, 5_499, 'B', 'yes, I see.'],
    ],
    [],
  ],
  [
    'under 1 s and 4 words',
    [
      [0, 5_000, 'A', LONG],
      [4_500, 5_499, 'B', LONG],
    ],
    AB(4_500, 500),
  ],
  [
    '1 s and no word',
    [
      [0, 5_000, 'A', LONG],
      [4_500, 5_500, 'B', '.'],
    ],
    AB(4_500, 500),
  ],
  [
    'two short segments in a row are one speech',
    [
      [0, 5_000, 'A', LONG],
      [4_500, 5_100, 'B', 'no'],
      [5_100, 5_400, 'B', 'wait a moment'],
    ],
    AB(4_500, 500),
  ],
  [
    'only who holds the floor is interrupted',
    [
      [0, 9_000, 'A', LONG],
      [1_000, 5_000, 'C', LONG],
      [4_000, 8_000, 'B', LONG],
    ],
    [],
  ],
  [
    'the floor passes to A at the moment that B starts',
    [
      [0, 4_000, 'C', LONG],
      [500, 5_000, 'A', LONG],
      [4_000, 9_000, 'B', LONG],
    ],
    AB(4_000, 1_000),
  ],
  [
    'two interrupt at once',
    [
      [0, 5_000, 'A', LONG],
      [4_000, 9_000, 'B', LONG],
      [4_500, 9_000, 'C', LONG],
    ],
    [...AB(4_000, 1_000), { participantId: 'C', targetId: 'A', at: 4_500, overlapMs: 500 }],
  ],
  [
    'after a failed attempt comes another',
    [
      [0, 9_000, 'A', LONG],
      [1_000, 2_500, 'B', LONG],
      [8_000, 12_000, 'B', LONG],
    ],
    AB(8_000, 1_000),
  ],
])('P22: %s', (_, said, expected) => {
  expect(detect(said, false)).toEqual(expected);
  expect(detect(said, true)).toEqual(expected);
});

test('it is told as soon as it is certain', () => {
  const interruptions = new Interruptions();
  expect(interruptions.floor('A', ['A'], 0)).toEqual([]);
  expect(interruptions.floor('A', ['A', 'B'], 4_000)).toEqual([]);
  expect(interruptions.floor('B', ['B'], 5_500)).toEqual(AB(4_000, 1_500));
  expect(interruptions.floor(null, [], 9_000)).toEqual([]);
});
