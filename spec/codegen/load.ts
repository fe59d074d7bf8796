import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  type ForwardingConfig,
  forwardingConfig,
  type PiiConfig,
  piiConfig,
  type TopicDescriptor,
  topicDescriptor,
} from '../topic.ts';
import { folderFiles, type SpecFiles } from './files.ts';
import { ownProblem } from './own.ts';

/** The sources of the contract, read from one `spec/` folder, and topics of one's own beside them. */
export interface SpecSources {
  /** Built-in ones first. */
  readonly topics: readonly TopicDescriptor[];
  /** A topic's id → its file, as messages name it: `topics/ID.json`, or with the path of a folder of one's own. */
  readonly files: ReadonlyMap<string, string>;
  /** The ids of topics of one's own. */
  readonly own: ReadonlySet<string>;
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

/** Reads and validates a spec folder, and folders of descriptors; throws a SpecError with every problem found. */
export function loadSpec(folder: string = specFolder, ownFolders: readonly string[] = []): SpecSources {
  return readSpec(
    folderFiles(folder),
    ownFolders.map((own) => ({ name: own, files: folderFiles(own) })),
  );
}

/** A folder of descriptors: its name for messages, and its files. */
export interface OwnFolder {
  readonly name: string;
  readonly files: SpecFiles;
}

/** The same, wherever the files come from. */
export function readSpec(spec: SpecFiles, ownFolders: readonly OwnFolder[] = []): SpecSources {
  const problems: string[] = [];
  const builtIn = readTopics(spec, 'topics', 'topics', problems);
  const read = <T>(file: string, schema: z.ZodType<T>) => readJson(spec, file, file, schema, problems);
  const forwarding = read('config/forwarding.json', forwardingConfig);
  const pii = read('config/pii.json', piiConfig);
  const envelope = read('schemas/envelope.json', jsonSchema);
  const command = read('schemas/command.json', jsonSchema);
  const own = ownFolders.flatMap(({ name, files }) => readTopics(files, '', name, problems));
  problems.push(...faultsOfNames(builtIn, own));
  if (problems.length > 0 || !forwarding || !pii || !envelope || !command) throw new SpecError(problems);
  return {
    topics: [...builtIn, ...own].map(({ topic }) => topic),
    files: new Map([...builtIn, ...own].map(({ topic, file }) => [topic.id, file])),
    own: new Set(own.map(({ topic }) => topic.id)),
    forwarding,
    pii,
    envelope,
    command,
  };
}

/** The descriptors of folders of one's own alone. Throws a SpecError with every problem found. */
export function readOwnTopics(folders: readonly OwnFolder[]): TopicDescriptor[] {
  const problems: string[] = [];
  const topics = folders.flatMap(({ name, files }) => readTopics(files, '', name, problems));
  if (problems.length > 0) throw new SpecError(problems);
  return topics.map(({ topic }) => topic);
}

interface Read {
  readonly topic: TopicDescriptor;
  readonly file: string;
}

const jsonSchema = z.record(z.string(), z.unknown());

function readTopics(files: SpecFiles, folder: string, label: string, problems: string[]): Read[] {
  const found: Read[] = [];
  let names: readonly string[] = [];
  try {
    names = files.list(folder);
    if (names.length === 0) problems.push(`${label}: expected descriptors of topics, ID.json, and found none`);
  } catch (error) {
    problems.push(`${label}: expected a folder of topic descriptors: ${(error as Error).message}`);
  }
  for (const name of names) {
    const file = `${label}/${name}`;
    const topic = readJson(files, folder === '' ? name : `${folder}/${name}`, file, topicDescriptor, problems);
    if (topic === undefined) continue;
    if (`${topic.id}.json` !== name) problems.push(`${file}: expected the file to be named ${topic.id}.json`);
    found.push({ topic, file });
  }
  return found;
}

/** `label` is the file's name in messages. */
function readJson<T>(files: SpecFiles, file: string, label: string, schema: z.ZodType<T>, problems: string[]) {
  try {
    const parsed = schema.safeParse(JSON.parse(files.read(file)));
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) problems.push(`${label}: ${issue.path.join('.')}: ${issue.message}`);
  } catch (error) {
    problems.push(`${label}: ${(error as Error).message}`);
  }
  return undefined;
}

function faultsOfNames(builtIn: readonly Read[], own: readonly Read[]): string[] {
  const taken = new Map(builtIn.map(({ topic, file }) => [topic.id, file]));
  const builtInIds = new Set(taken.keys());
  const problems: string[] = [];
  for (const { topic, file } of own) {
    const other = builtInIds.has(topic.id) ? undefined : taken.get(topic.id);
    const problem =
      other === undefined ? ownProblem(topic.id, builtInIds) : `id: ${topic.id} is in ${other} too: keep one of them`;
    if (problem !== undefined) problems.push(`${file}: ${problem}`);
    taken.set(topic.id, file);
  }
  return problems;
}
