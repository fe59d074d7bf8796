import { readFile } from 'node:fs/promises';

export interface DryRunLine {
  at: number;
  input: { Entries: { Source: string; DetailType: string; Detail: string; Time: string }[] };
}

/** The requests in a dry run's file; throws when a line is torn. */
export async function dryRunLines(file: string): Promise<DryRunLine[]> {
  const text = await readFile(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is torn');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as DryRunLine);
}
