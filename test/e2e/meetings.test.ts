import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Envelope, isTopic, parseEnvelope } from '../../spec/envelope.ts';
import { registry } from '../../spec/generated/registry.ts';
import type { RoomDominanceScore } from '../../spec/generated/topics.ts';
import { assertNoGaps, type Event, runDaemon } from '../helpers/daemon.ts';
import { haveMeetings, meetingNames, meetingsFolder, readMeeting, speech } from '../helpers/meetings.ts';

interface DryRunLine {
  at: number;
  input: {
    Entries: {
      Source: string;
      DetailType: string;
      Detail: string;
      Time: string;
      EventBusName: string;
      Resources: string[];
    }[];
  };
}

const utf8 = (text: string) => Buffer.byteLength(text);

function checkScores(name: string, events: readonly Event[]): void {
  const segments = readMeeting(name);
  const roster = [...new Set(segments.map(({ participant }) => participant))];
  const scores = events.flatMap(({ envelope }) =>
    envelope.topic === 'room.dominance.score' ? [envelope.payload as RoomDominanceScore] : [],
  );
  const end = Math.round(Math.max(...segments.map((segment) => segment.end)) * 1000);
  const due: number[] = [];
  const windowMs = 300_000;
  for (let at = 30_000; at < end; at += 30_000) {
    const spoken = speech(segments, Math.max(0, at - windowMs), at);
    if ([...spoken.values()].some((ms) => ms > 0)) due.push(at);
  }
  expect(
    scores.map(({ at }) => at),
    `${name}: times of the scores`,
  ).toEqual([...due, end]);
  for (const score of scores) {
    const spoken = speech(segments, Math.max(0, score.at - windowMs), score.at);
    const total = [...spoken.values()].reduce((sum, ms) => sum + ms, 0);
    expect(score.participants.map(({ participantId }) => participantId).sort()).toEqual([...roster].sort());
    for (const { participantId, seconds, share } of score.participants) {
      const ms = spoken.get(participantId) ?? 0;
      expect(Math.abs(seconds - ms / 1000)).toBeLessThan(1e-6);
      expect(Math.abs(share - (total === 0 ? 0 : ms / total))).toBeLessThan(1e-6);
    }
    const n = roster.length;
    const values = [...spoken.values()];
    const dominance = total === 0 ? 0 : (Math.max(...values) / total - 1 / n) / (1 - 1 / n);
    const differences = values.reduce((sum, a) => sum + values.reduce((inner, b) => inner + Math.abs(a - b), 0), 0);
    const gini = total === 0 ? 0 : (differences / (2 * n * n * (total / n))) * (n / (n - 1));
    expect(Math.abs(score.dominance - dominance)).toBeLessThan(1e-6);
    expect(Math.abs(score.gini - gini)).toBeLessThan(1e-6);
  }
}

function checkDryRun(text: string): Set<string> {
  const ids = new Set<string>();
  for (const line of text.trimEnd().split('\n')) {
    const { at, input } = JSON.parse(line) as DryRunLine;
    expect(at).toBeGreaterThan(0);
    expect(input.Entries.length).toBeGreaterThan(0);
    expect(input.Entries.length).toBeLessThanOrEqual(10);
    let size = 0;
    for (const { Source, DetailType, Detail, Time, EventBusName, Resources } of input.Entries) {
      const envelope = JSON.parse(Detail) as Envelope;
      size +=
        14 + utf8(Source) + utf8(DetailType) + utf8(Detail) + Resources.reduce((sum, name) => sum + utf8(name), 0);
      expect([Source, EventBusName, DetailType]).toEqual(['roomd', 'default', envelope.topic]);
      expect(Resources).toEqual([`roomd:room/${envelope.roomId}`]);
      expect(new Date(Time).getTime()).toBe(envelope.ts);
      expect(isTopic(envelope.topic) && registry[envelope.topic].forwarding.mode).toBe('forward');
      ids.add(envelope.id);
    }
    expect(size).toBeLessThanOrEqual(1_000_000);
  }
  return ids;
}

it.skipIf(!haveMeetings)(
  'seven real meetings side by side (in ../shared/meetings): shares, sequence, validity, requests',
  { timeout: 120_000 },
  async () => {
    const names = meetingNames();
    expect(names).toHaveLength(7);
    const roomd = await runDaemon({
      connectors: { transcript: { folder: meetingsFolder } },
      log: { maxEventsPerRoom: 100_000 },
    });
    await Promise.all(
      names.map((meeting) => roomd.spawn(meeting, { connector: 'transcript', options: { meeting, speed: 600 } })),
    );
    const forwarded: string[] = [];
    for (const name of names) {
      const room = await roomd.over(name);
      expect(room).toMatchObject({
        stop: { reason: 'bot_done', code: 0 },
        counts: { rejected: 0, dropped: 0, violations: 0 },
      });
      const events = await roomd.history(name);
      assertNoGaps(events);
      expect(events).toHaveLength(room.counts.events);
      for (const { envelope } of events) expect(parseEnvelope(JSON.stringify(envelope))).toMatchObject({ ok: true });
      const transcripts = events.filter(({ envelope }) => envelope.topic === 'room.transcript.received');
      expect(transcripts).toHaveLength(readMeeting(name).length);
      checkScores(name, events);
      for (const { envelope } of events) {
        const info = registry[envelope.topic];
        if (info.forwarding.mode === 'forward') forwarded.push(envelope.id);
      }
    }
    const all = await roomd.history();
    expect(all.length).toBe((await Promise.all(names.map((name) => roomd.history(name)))).flat().length);
    await roomd.daemon.stop('test');
    const ids = checkDryRun(await readFile(join(roomd.data, 'dry-run.jsonl'), 'utf8'));
    expect(ids).toEqual(new Set(forwarded));
  },
);
