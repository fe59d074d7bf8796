import type { TopicDescriptor } from '../topic.ts';
import { newAjv } from './ajv.ts';
import type { SpecSources } from './load.ts';

/** What a descriptor promises and does not keep, one line a problem; empty when all is well. */
export function checkSpec(sources: SpecSources): string[] {
  const problems: string[] = [];
  const ids = new Set(sources.topics.map((topic) => topic.id));
  for (const id of Object.keys(sources.forwarding.topics)) {
    if (!ids.has(id)) problems.push(`config/forwarding.json: topics.${id}: expected a topic of the spec`);
  }
  for (const topic of sources.topics) {
    const say = (what: string) => problems.push(`topics/${topic.id}.json: ${what}`);
    checkExamples(topic, say);
    checkRedaction(topic, say);
    checkPii(topic, sources, say);
  }
  return problems;
}

function checkExamples(topic: TopicDescriptor, say: (what: string) => void): void {
  let validate: ReturnType<ReturnType<typeof newAjv>['compile']>;
  try {
    validate = newAjv().compile(topic.schema);
  } catch (error) {
    say(`schema: ${(error as Error).message}`);
    return;
  }
  topic.examples.forEach((example, i) => {
    if (!validate(example))
      say(`examples[${i}]: ${validate.errors?.[0]?.instancePath} ${validate.errors?.[0]?.message}`);
  });
  topic.counterexamples.forEach((example, i) => {
    if (validate(example)) say(`counterexamples[${i}]: expected the schema to refuse it`);
  });
}

function checkRedaction(topic: TopicDescriptor, say: (what: string) => void): void {
  for (const pointer of topic.redact) {
    const name = pointer.split('/')[1] ?? '';
    if (!Object.hasOwn(topic.schema.properties, name)) say(`redact: ${pointer} points at no property of the schema`);
  }
}

/** A field known to hold more than the topic's level has to be masked. */
function checkPii(topic: TopicDescriptor, sources: SpecSources, say: (what: string) => void): void {
  for (const name of Object.keys(topic.schema.properties)) {
    const level = sources.pii.fields[name] ?? 0;
    if (level > topic.piiLevel && !topic.redact.includes(`/${name}`)) {
      say(
        `${name} is of piiLevel ${level} and the topic of ${topic.piiLevel}: redact /${name} or raise the topic's level`,
      );
    }
  }
}
