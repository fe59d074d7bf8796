import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import {
  type ForwardingConfig,
  forwardingConfig,
  type PiiConfig,
  piiConfig,
  type TopicDescriptor,
  topicDescriptor,
} from '../topic.ts';

/** The sources of the contract, read from one `spec/` folder. */
export interface SpecSources {
  readonly topics: readonly TopicDescriptor[];
  readonly forwarding: ForwardingConfig;
  readonly pii: PiiConfig;
  /** JSON Schemas of `schemas/`: the envelope and the commands. */
  readonly envelope: Record<string, unknown>;
  readonly command: Record<string, unknown>;
}

/** Every fault of the sources at once, one a line: `FILE: what was expected`. */
export class SpecError extends Error {
  override name = 'SpecError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** The built-in sources: beside this file, or beside the folder that the bundle is in. */
export const specFolder: string = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '..' : '../spec/', import.meta.url),
);

/** Reads and validates a spec folder; throws a SpecError with every problem found. */
export function loadSpec(folder: string = specFolder): SpecSources {
  const problems: string[] = [];
  const read = <T>(file: string, schema?: z.ZodType<T>): T | undefined => {
    try {
      const value: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      if (schema === undefined) return value as T;
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) problems.push(`${file}: ${issue.path.join('.')}: ${issue.message}`);
    } catch (error) {
      problems.push(`${file}: ${(error as Error).message}`);
    }
    return undefined;
  };
  const topics: TopicDescriptor[] = [];
  for (const name of readdirSync(join(folder, 'topics')).sort()) {
    if (!name.endsWith('.json')) continue;
    const topic = read(`topics/${name}`, topicDescriptor);
    if (topic === undefined) continue;
    if (`${topic.id}.json` !== name) problems.push(`topics/${name}: expected the file to be named ${topic.id}.json`);
    topics.push(topic);
  }
  const forwarding = read('config/forwarding.json', forwardingConfig);
  const pii = read('config/pii.json', piiConfig);
  const envelope = read<Record<string, unknown>>('schemas/envelope.json');
  const command = read<Record<string, unknown>>('schemas/command.json');
  if (problems.length > 0 || !forwarding || !pii || !envelope || !command) throw new SpecError(problems);
  return { topics, forwarding, pii, envelope, command };
}
