import { canonicalSpec } from './generated/canonical.ts';
import { registry } from './generated/registry.ts';
import { payloads, type Validator } from './generated/validators.js';
import { adoptVersion } from './spec-version.ts';
import type { ForwardingConfig, TopicInfo } from './topic.ts';
import { extendSpec, sha256, topicInfo } from './version.ts';

// Whoever asks what a topic is asks these two tables; so a topic of one's own is one as soon as it is in both.
const infos = registry as Record<string, TopicInfo>;
const validators = payloads as Record<string, Validator>;

/** The ids that this module has put there. */
let installed: readonly string[] = [];

/**
 * Makes the topics of these folders, absolute paths, part of the contract that this process speaks, in place of what was
 * installed before: they are accepted, validated, redacted, sampled and forwarded as the built-in ones are, and
 * `specVersion` is the hash of all together. Call it before anything is built that speaks of topics.
 * Throws a SpecError with every fault of every folder; the process then speaks what it spoke before.
 */
export async function installOwnTopics(folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return replace([]);
  const [{ loadSpec, SpecError, specFolder }, { checkSpec }, { newAjv }] = await Promise.all([
    import('./codegen/load.ts'),
    import('./codegen/check.ts'),
    import('./codegen/ajv.ts'),
  ]);
  const sources = loadSpec(specFolder, folders);
  const own = sources.topics.filter(({ id }) => sources.own.has(id));
  const problems = checkSpec(sources, own);
  if (problems.length > 0) throw new SpecError(problems);
  const { forwarding } = JSON.parse(canonicalSpec) as { forwarding: ForwardingConfig };
  const ajv = newAjv();
  const entries = own.map((topic) => ({
    id: topic.id,
    info: { ...topicInfo(topic, forwarding), own: true as const },
    validate: ajv.compile(topic.schema) as Validator,
  }));
  replace(entries, sha256(extendSpec(canonicalSpec, own)));
}

interface Installed {
  readonly id: string;
  readonly info: TopicInfo;
  readonly validate: Validator;
}

function replace(entries: readonly Installed[], version?: string): void {
  for (const id of installed) {
    delete infos[id];
    delete validators[id];
  }
  for (const { id, info, validate } of entries) {
    infos[id] = info;
    validators[id] = validate;
  }
  installed = entries.map(({ id }) => id);
  adoptVersion(version);
}
