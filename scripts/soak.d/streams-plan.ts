import type { Cut, Plan } from './streams-consumer.ts';
import type { Kind, Selection } from './streams-link.ts';

/** What is selected, and which share of the events that is, or somewhat less. */
export const SELECTIONS: readonly (readonly [Selection, number])[] = [
  [{}, 1],
  [{ topics: ['room.transcript.**'] }, 0.8],
  [{ topics: ['room.interrupt.*', 'room.dominance.*'] }, 0.2],
  [{ rooms: ['alpha-*'] }, 0.5],
  [{ rooms: ['beta-0', 'beta-1', 'alpha-1', 'alpha-0'], topics: ['room.transcript.received', 'supervisor.**'] }, 0.8],
];
/** A connection takes so many events at most. */
const EVENTS = 250;

/** A generator of numbers in [0, 1) that the seed tells. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** When and how the next connection ends. */
export function planNext(random: () => number, kind: Kind, share: number): Plan {
  const floods = kind === 'WebSocket' || kind === 'polling';
  const dice = random();
  let cut: Cut = 'drop';
  if (dice < 0.35) cut = 'reset';
  else if (dice < 0.7) cut = 'tear';
  else if (dice < 0.75 && floods) cut = 'flood';
  return { cut, after: Math.floor(random() * EVENTS * share), share: random() };
}
