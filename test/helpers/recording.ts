import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Spoken {
  /** Seconds. */
  start: number;
  end: number;
  participant: string;
  text: string;
}

/** Writes FOLDER/talk.jsonl; the options that play it. */
export function recording(folder: string, spoken: readonly Spoken[], speed: number): string {
  writeFileSync(join(folder, 'talk.jsonl'), spoken.map((segment) => JSON.stringify(segment)).join('\n'));
  return JSON.stringify({ folder, meeting: 'talk', speed });
}

/** A and B in turn, `count` segments of 10 ms, numbered, and one far off so that the room lives on. */
export function chatter(count: number): Spoken[] {
  const segments = Array.from({ length: count }, (_, i) => ({
    start: i / 100,
    end: (i + 1) / 100,
    participant: i % 2 === 0 ? 'A' : 'B',
    text: String(i),
  }));
  return [...segments, { start: 9e8, end: 9e8, participant: 'A', text: 'end' }];
}
