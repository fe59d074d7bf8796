import { describe, expect, test } from 'vitest';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { BotProcess } from '../helpers/bot-process.ts';
import { meetingsFolder as folder, meetingNames, readMeeting } from '../helpers/meetings.ts';
import type { Spoken } from '../helpers/recording.ts';

const meetings = meetingNames();

type Score = TopicPayloads['room.dominance.score'];
type Interruption = TopicPayloads['room.interrupt.executed'];
type Run = { who: string; start: number; end: number; words: number };

/** Speech as stretches without a gap, in whole milliseconds, by participant. */
function runsOf(spoken: readonly Spoken[]): Run[] {
  const runs: Run[] = [];
  const open = new Map<string, Run>();
  for (const { participant, start, end, text } of [...spoken].sort((a, b) => a.start - b.start)) {
    const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
    const run = { who: participant, start: Math.round(start * 1_000), end: Math.round(end * 1_000), words };
    const known = open.get(participant);
    if (known !== undefined && run.start <= known.end) {
      known.end = Math.max(known.end, run.end);
      known.words += words;
    } else {
      open.set(participant, run);
      runs.push(run);
    }
  }
  return runs;
}

/** Seconds of speech within the window that ends at `at`. */
function expectedSeconds(spoken: readonly Spoken[], at: number, windowMs: number): Map<string, number> {
  const seconds = new Map(spoken.map(({ participant }) => [participant, 0]));
  for (const { participant, start, end } of spoken) {
    const inside = Math.min(end, at / 1_000) - Math.max(start, (at - windowMs) / 1_000);
    if (inside > 0) seconds.set(participant, (seconds.get(participant) ?? 0) + inside);
  }
  return seconds;
}

function expectedInterruptions(runs: readonly Run[]): Interruption[] {
  const found: Interruption[] = [];
  for (const b of runs) {
    const speaking = runs.filter((run) => run.start < b.start && run.end > b.start && run.who !== b.who);
    const [a] = speaking.sort((x, y) => x.start - y.start);
    if (a === undefined || (b.end - b.start < 1_000 && b.words <= 3)) continue;
    if (a.end - b.start <= 3_000 && b.end > a.end) {
      found.push({ participantId: b.who, targetId: a.who, at: b.start, overlapMs: a.end - b.start });
    }
  }
  return found;
}

const where = 'real meetings, from ../shared/meetings';

if (meetings.length === 0) test.skip(`${where}: put them there to enable this`);

describe.skipIf(meetings.length === 0)(where, () => {
  test.each(meetings)('P22: %s: the real bot agrees with an independent computation', async (name) => {
    const spoken = readMeeting(name);
    const ROOMD_OPTIONS = JSON.stringify({ folder, meeting: name, speed: 10_000 });
    const bot = new BotProcess({ env: { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS } });
    expect(await bot.exited).toEqual({ code: 0, signal: null });

    const end = Math.round(Math.max(...spoken.map((segment) => segment.end)) * 1_000);
    const scores = bot.payloads('room.dominance.score');
    const due = Array.from({ length: Math.ceil(end / 30_000) - 1 }, (_, i) => (i + 1) * 30_000)
      .filter((at) => [...expectedSeconds(spoken, at, 300_000).values()].some((seconds) => seconds > 0))
      .concat(end);
    expect(scores.map(({ at }) => at)).toEqual(due);
    for (const score of scores) expectScore(score, expectedSeconds(spoken, score.at, score.windowMs));

    const found = bot.payloads('room.interrupt.executed');
    const byTime = (a: Interruption, b: Interruption) => a.at - b.at || a.participantId.localeCompare(b.participantId);
    expect(found.sort(byTime)).toEqual(expectedInterruptions(runsOf(spoken)).sort(byTime));

    expect(bot.payloads('room.transcript.received')).toHaveLength(spoken.length);
    expect(bot.payloads('events.dropped')).toEqual([]);
    expect(bot.stderr).toBe('');
  });
});

function expectScore(score: Score, seconds: Map<string, number>): void {
  const times = [...seconds.values()];
  const n = times.length;
  const total = times.reduce((a, b) => a + b, 0);
  expect(score.participants).toHaveLength(n);
  for (const { participantId, seconds: spoken, share } of score.participants) {
    expect(spoken).toBeCloseTo(seconds.get(participantId) ?? -1, 6);
    expect(share).toBeCloseTo((seconds.get(participantId) ?? -1) / total, 8);
  }
  const differences = times.flatMap((a) => times.map((b) => Math.abs(a - b))).reduce((a, b) => a + b, 0);
  expect(score.gini).toBeCloseTo(((differences / (2 * n * total)) * n) / (n - 1), 8);
  expect(score.dominance).toBeCloseTo((Math.max(...times) / total - 1 / n) / (1 - 1 / n), 8);
}
