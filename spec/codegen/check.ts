import type { TopicDescriptor } from '../topic.ts';
import { newAjv } from './ajv.ts';
import { inexpressible } from './expressible.ts';
import { inlined } from './inline.ts';
import type { SpecSources } from './load.ts';
import { checkTypeNames } from './names.ts';
import { pointerProblem, unmaskedFields } from './pointers.ts';

/**
 * What descriptors promise and don't keep, or ask for and can't have, one line a problem; empty when all is well.
 * `topics` are those to look at, of the sources'.
 */
export function checkSpec(sources: SpecSources, topics: readonly TopicDescriptor[] = sources.topics): string[] {
  const problems: string[] = [];
  const ids = new Set(sources.topics.map((topic) => topic.id));
  for (const id of Object.keys(sources.forwarding.topics)) {
    if (!ids.has(id)) problems.push(`config/forwarding.json: topics.${id}: expected a topic of the spec`);
  }
  problems.push(...checkTypeNames(sources));
  for (const topic of topics) {
    const file = sources.files.get(topic.id) ?? `topics/${topic.id}.json`;
    const say = (what: string) => problems.push(`${file}: ${what}`);
    const faults = inexpressible(topic.schema);
    for (const { at, found, instead } of faults) say(`/schema${at}: found ${found}: write ${instead}`);
    // What follows would only say the same in other words.
    if (faults.length > 0) continue;
    checkExamples(topic, say);
    const schema = inlined(topic.schema);
    for (const pointer of topic.redact) {
      const problem = pointerProblem(schema, pointer);
      if (problem !== undefined) say(`redact: ${problem}`);
    }
    for (const problem of unmaskedFields(topic, sources.pii)) say(problem);
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
