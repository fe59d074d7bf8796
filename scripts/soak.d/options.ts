import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly rounds: number;
  readonly seed: number;
}

/** `--rounds N --seed S`; a seed of its own unless told, which is printed. */
export function readOptions(name: string, rounds: number): SoakOptions {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } });
  const options = {
    rounds: Number(values.rounds ?? rounds),
    seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
  };
  for (const [key, value] of Object.entries(options)) {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`expected a whole number for --${key}`);
  }
  // So that a supervisor that is still there goes too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  console.log(`${name}: --rounds ${options.rounds} --seed ${options.seed}`);
  return options;
}

/** Prints what was violated, the first few of it, and sets the exit code. */
export function conclude(name: string, violations: readonly string[]): void {
  for (const violation of violations.slice(0, 20)) console.error(`✗ ${violation}`);
  if (violations.length > 20) console.error(`… and ${violations.length - 20} more`);
  console.log(violations.length === 0 ? `${name}: ✓` : `${name}: ${violations.length} violations`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
