import { InvalidArgumentError } from 'commander';

/** Ends one command with its exit code. */
export type Done = (code: number) => void;

export const JSON_OPTION = ['--json', 'one JSON object a line (the default when piped)'] as const;

export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

const MAX_LIMIT = 100_000;

export function limit(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT) return Number(text);
  throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_LIMIT}.`);
}
