import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Phrases } from '../../spec/phrases.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { benchHostile } from './policy-hostile.ts';
import { phrasesOf, tokensOf, transcriptLines } from './policy-lines.ts';
import { root } from './serve.ts';
import { bareNode } from './spawn-bare.ts';
import { median, printMachine, printTable, spread, thousands } from './table.ts';

const ROUNDS = 5;
const COUNTS = [10, 100, 1_000, 10_000];
const STARTS = 5;

const { lines, source } = transcriptLines();
const tokens = lines.map(tokensOf);

/** Microseconds a line. */
function time<T>(items: readonly T[], work: (item: T) => unknown): number {
  const start = performance.now();
  for (const item of items) work(item);
  return ((performance.now() - start) * 1_000) / items.length;
}

const rows: string[][] = [];
for (const count of COUNTS) {
  const wanted = phrasesOf(lines, count);
  const escaped = wanted.map((phrase) => phrase.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const regex = new RegExp(escaped.join('|'), 'giu');
  const samples = { regex: [] as number[], find: [] as number[], stream: [] as number[], build: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    const phrases = new Phrases(wanted);
    const build = time([''], (nothing) => phrases.find(nothing)) / 1_000;
    const matched = time(lines, (line) => line.match(regex));
    const found = time(lines, (line) => phrases.find(line));
    const streamed = time(tokens, (pieces) => {
      const stream = phrases.stream();
      for (const piece of pieces) stream.push(piece);
      return stream.end();
    });
    // The first round warms the compiler up.
    if (round === 0) continue;
    samples.regex.push(matched);
    samples.find.push(found);
    samples.stream.push(streamed);
    samples.build.push(build);
  }
  const ratio = (list: readonly number[]) =>
    spread(
      list.map((us, i) => us / (samples.regex[i] ?? Number.NaN)),
      1,
    );
  const name = `${thousands(count)} phrases`;
  rows.push([`${name}: regular expression, /…|…/giu`, spread(samples.regex), '1']);
  rows.push([`${name}: find`, spread(samples.find), ratio(samples.find)]);
  rows.push([`${name}: stream, in tokens`, spread(samples.stream), ratio(samples.stream)]);
  rows.push([`${name}: the automaton is made, in ms`, spread(samples.build), '']);
}
const characters = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
const what = `${thousands(lines.length)} lines of ${Math.round(characters)} characters, ${source}`;
printMachine(`policy: phrases in ${what}; ${ROUNDS} rounds, median (min … max)`);
printTable(['µs a line', 'cost', 'ratio to the regular expression'], rows);

benchHostile();

/** Milliseconds from spawn to the bot's first line, with a policy of so many phrases. */
async function botStart(folder: string, count: number): Promise<number> {
  const policy = { content: { blockedPhrases: phrasesOf(lines, count), mode: 'block' } };
  const path = join(folder, 'policy.json');
  writeFileSync(path, JSON.stringify({ policyVersion: sha256(canonicalJson(policy)), layers: ['-'], policy }));
  const env = { ROOMD_ROOM_ID: 'bench', ROOMD_RUN_ID: 'bench', BOT_POLICY_PATH: path };
  const start = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/bot.cjs')], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const ms = performance.now() - start;
  const exited = once(child, 'exit');
  child.stdin.end();
  child.stdout.resume();
  await exited;
  return ms;
}

const folder = mkdtempSync(join(tmpdir(), 'roomd-bench-'));
const starts: Record<'bare' | 'none' | 'many', number[]> = { bare: [], none: [], many: [] };
const measures = {
  bare: bareNode,
  none: () => botStart(folder, 0),
  many: () => botStart(folder, 10_000),
} as const;
for (let round = 0; round <= ROUNDS; round++) {
  const samples: Record<keyof typeof starts, number[]> = { bare: [], none: [], many: [] };
  for (let i = 0; i < STARTS; i++) {
    for (const name of ['bare', 'none', 'many'] as const) samples[name].push(await measures[name]());
  }
  if (round > 0) for (const name of ['bare', 'none', 'many'] as const) starts[name].push(median(samples[name]));
}
rmSync(folder, { recursive: true });
const toBare = (list: readonly number[]) =>
  spread(
    list.map((ms, i) => ms / (starts.bare[i] ?? Number.NaN)),
    2,
  );
printTable(
  [`start to first line, in ms; p50 of ${STARTS}, ${ROUNDS} rounds`, 'median', '÷ bare'],
  [
    ['bare node -e', spread(starts.bare), '1'],
    ['bot, no phrases', spread(starts.none), toBare(starts.none)],
    ['bot, 10,000 phrases', spread(starts.many), toBare(starts.many)],
  ],
);
console.log(
  'the regular expression knows cases, but no other forms, no phrases in phrases, no pieces, and not which phrase it was',
);
console.log('target: start of a bot ≤ 2 × bare');
