import type { TopicDescriptor } from '../topic.ts';
import { canonicalJson, normalizeSchema, topicInfo } from '../version.ts';
import { compareCeilings, compareCommands, compareFields } from './diff-config.ts';
import { compareSchemas } from './diff-schema.ts';
import { compareInfo } from './diff-topic.ts';
import { inlined } from './inline.ts';
import type { SpecSources } from './load.ts';
import { pointerProblem } from './pointers.ts';

/** One difference between two versions of the contract. */
export interface Finding {
  /** The file, such as `topics/room.message.sent.json`. */
  readonly file: string;
  /** A JSON pointer into the payload, `*` for every item; '' is the whole. */
  readonly at: string;
  /** What kind of change, such as `field.removed`. */
  readonly change: string;
  readonly breaking: boolean;
  /** For people: what changed, and who is hurt or why nobody is. */
  readonly text: string;
}

/** Who writes what a schema describes, and who reads it. */
export interface Parties {
  readonly writers: string;
  readonly readers: string;
}

export type Say = (at: string, change: string, breaking: boolean, text: string) => void;

const EVENTS: Parties = { writers: 'bots', readers: 'analysts' };

/** All that differs between two contracts, breaking changes first, then by file. */
export function diffSpec(before: SpecSources, after: SpecSources): Finding[] {
  const findings: Finding[] = [];
  const sayIn = (file: string): Say => sayInto(findings, file);
  const envelope = 'schemas/envelope.json';
  compareSchemas(inlined(before.envelope), inlined(after.envelope), '', EVENTS, sayIn(envelope));
  compareCommands(before.command, after.command, sayIn('schemas/command.json'));
  compareCeilings(before, after, sayIn('config/forwarding.json'));
  compareFields(before, after, sayIn('config/pii.json'));
  findings.push(...compareTopics(before.topics, after.topics, before, after));
  return sorted(findings);
}

/** The same for topics alone; each side's forwarding configuration decides what a topic gets that says nothing itself. */
export function diffTopics(
  before: readonly TopicDescriptor[],
  after: readonly TopicDescriptor[],
  config: Pick<SpecSources, 'forwarding'>,
): Finding[] {
  return sorted(compareTopics(before, after, config, config));
}

function compareTopics(
  before: readonly TopicDescriptor[],
  after: readonly TopicDescriptor[],
  beforeConfig: Pick<SpecSources, 'forwarding'>,
  afterConfig: Pick<SpecSources, 'forwarding'>,
): Finding[] {
  const findings: Finding[] = [];
  const now = new Map(after.map((topic) => [topic.id, topic]));
  const then = new Set(before.map(({ id }) => id));
  for (const old of before) {
    const say = sayInto(findings, `topics/${old.id}.json`);
    const current = now.get(old.id);
    if (current === undefined) {
      say('', 'topic.removed', true, "topic removed, because bots' events of it are rejected and analysts get none");
      continue;
    }
    const ceilings = { before: beforeConfig.forwarding.piiCeiling, after: afterConfig.forwarding.piiCeiling };
    const infos = {
      before: topicInfo(old, beforeConfig.forwarding),
      after: topicInfo(current, afterConfig.forwarding),
    };
    const schema = inlined(current.schema);
    compareInfo(infos, ceilings, (pointer) => pointerProblem(schema, pointer) !== undefined, say);
    compareSchemas(inlined(old.schema), schema, '', EVENTS, say);
    compareVersions(old, current, say);
  }
  for (const { id } of after) {
    if (!then.has(id))
      sayInto(findings, `topics/${id}.json`)('', 'topic.added', false, 'topic added: nobody knows it yet');
  }
  return findings;
}

/** A descriptor's version tells readers of stored events which schema they had. */
function compareVersions(before: TopicDescriptor, after: TopicDescriptor, say: Say): void {
  const text = (topic: TopicDescriptor) => canonicalJson(normalizeSchema(inlined(topic.schema)));
  if (after.version < before.version) {
    const what = `version lowered from ${before.version} to ${after.version}`;
    say('', 'version.lowered', true, `${what}, because analysts tell schemas apart by it`);
  } else if (after.version === before.version && text(before) !== text(after)) {
    const what = `schema changed, and version is still ${after.version}`;
    say('', 'version.kept', false, `${what}: raise it to ${after.version + 1}, analysts tell schemas apart by it`);
  }
}

function sayInto(findings: Finding[], file: string): Say {
  return (at, change, breaking, text) => findings.push({ file, at, change, breaking, text });
}

function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => Number(b.breaking) - Number(a.breaking) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0),
  );
}
