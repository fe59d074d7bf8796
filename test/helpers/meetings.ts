import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './daemon.ts';
import type { Spoken } from './recording.ts';

/** Real recorded meetings, kept outside the repository; tests that need them are skipped where they aren't. */
export const meetingsFolder: string = join(root, '../shared/meetings');
export const haveMeetings: boolean = existsSync(meetingsFolder);

export function meetingNames(): string[] {
  if (!haveMeetings) return [];
  return readdirSync(meetingsFolder).flatMap((name) => (name.endsWith('.jsonl') ? [name.slice(0, -6)] : []));
}

export function readMeeting(name: string): Spoken[] {
  const text = readFileSync(join(meetingsFolder, `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Spoken);
}

/** Milliseconds each participant spoke in (from, to], counted millisecond by millisecond of the union of segments. */
export function speech(segments: readonly Spoken[], from: number, to: number): Map<string, number> {
  const sum = new Map<string, number>();
  for (const participant of new Set(segments.map((segment) => segment.participant))) {
    const spoken = new Uint8Array(Math.max(0, to - from));
    for (const { start, end, participant: who } of segments) {
      if (who !== participant) continue;
      const first = Math.max(0, Math.round(start * 1000) - from);
      const last = Math.min(spoken.length, Math.round(end * 1000) - from);
      if (last > first) spoken.fill(1, first, last);
    }
    sum.set(
      participant,
      spoken.reduce((total, bit) => total + bit, 0),
    );
  }
  return sum;
}
