import { expect, it } from 'vitest';
import { sortOutcomes } from '../../../supervisor/forward/verdict.ts';

it('sorts entries by their outcomes, and one without an outcome was not delivered', () => {
  const verdict = sortOutcomes(
    ['a', 'b', 'c', 'd', 'e'],
    [
      { kind: 'delivered', eventId: '1' },
      { kind: 'hold', reason: 'denied' },
      { kind: 'poison', reason: 'bad' },
      { kind: 'transient', reason: 'busy' },
    ],
  );
  expect(verdict).toEqual({
    delivered: ['a'],
    hold: ['b'],
    poison: [{ item: 'c', reason: 'bad' }],
    transient: ['d'],
    unavailable: ['e'],
    refused: [],
    reason: 'denied',
  });
});

it('cannot halve a single entry', () => {
  const verdict = sortOutcomes(['a'], [{ kind: 'refused', reason: 'too large' }]);
  expect(verdict).toMatchObject({ refused: [], poison: [{ item: 'a', reason: 'too large' }] });
});
