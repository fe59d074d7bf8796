import type { TopicPayloads } from '../../spec/generated/topics.ts';

type Score = TopicPayloads['room.dominance.score'];

/**
 * How evenly a group has spoken. In: milliseconds of speech of everybody in the group, the silent included.
 * `share` is the part of all speech; `dominance` 0 when all speak alike and 1 when only one does; `gini` the same two
 * ends, corrected for small groups. All are 0 without speech, and a single person dominates nobody.
 */
export function dominance(spoken: ReadonlyMap<string, number>): Pick<Score, 'participants' | 'gini' | 'dominance'> {
  const n = spoken.size;
  let total = 0;
  for (const ms of spoken.values()) total += ms;
  const participants = [...spoken].map(([participantId, ms]) => ({
    participantId,
    seconds: ms / 1_000,
    share: total === 0 ? 0 : ms / total,
  }));
  if (total === 0 || n < 2) return { participants, gini: 0, dominance: 0 };
  const largest = Math.max(...spoken.values()) / total;
  return {
    participants,
    gini: unit(gini([...spoken.values()], total)),
    dominance: unit((largest - 1 / n) / (1 - 1 / n)),
  };
}

/** Σᵢ Σⱼ |tᵢ − tⱼ| / (2n² · mean t), times n / (n − 1); over sorted values one sum does. */
function gini(values: readonly number[], total: number): number {
  const n = values.length;
  const sorted = [...values].sort((a, b) => a - b);
  const sum = sorted.reduce((acc, value, i) => acc + (2 * i - n + 1) * value, 0);
  return sum / (total * (n - 1));
}

/** Rounding must not lead out of the schema. */
function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
