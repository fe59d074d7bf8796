import { EACH, isCovered, pointerSteps } from '../pointer.ts';
import type { TopicDescriptor } from '../topic.ts';
import { inlined } from './inline.ts';
import type { SpecSources } from './load.ts';
import { isSchema, propertiesOf, type Schema, step, typesOf } from './schema.ts';

/**
 * Why a redaction pointer masks nothing in payloads of this schema, or can't be followed, in which case the event would
 * go nowhere; undefined when all is well. `*` stands for every item of an array.
 */
export function pointerProblem(schema: Schema, pointer: string): string | undefined {
  const steps = pointerSteps(pointer);
  if (steps === undefined) return `found ${pointer}: write a JSON pointer such as /text`;
  let node = schema;
  let walked = '';
  for (const name of steps) {
    const next = child(node, name);
    if (typeof next === 'string') return `found ${pointer}, and ${next.replaceAll('HERE', walked)}`;
    node = next;
    walked += step(name);
  }
  return undefined;
}

function child(node: Schema, name: string): Schema | string {
  const [type] = typesOf(node).filter((each) => each !== 'null');
  if (type === 'array') {
    if (!isSchema(node.items)) return 'nothing is known of the items: write HERE';
    return name === EACH ? node.items : 'HERE is an array: write HERE/*/… for every item, or HERE to mask it whole';
  }
  if (type !== 'object') return `HERE is of type ${type ?? 'unknown'}, without members: write HERE`;
  if (isSchema(node.additionalProperties)) return 'HERE is a map, whose keys are data too: write HERE to mask it whole';
  const found = propertiesOf(node).find(([property]) => property === name)?.[1];
  return found ?? `${step(name)} is no property of the schema: write one that is, or leave it out`;
}

/** A field known to hold more than the topic's level has to be masked, wherever in the payload it is. */
export function unmaskedFields(topic: TopicDescriptor, pii: SpecSources['pii']): string[] {
  const problems: string[] = [];
  const visit = (node: Schema, at: string) => {
    for (const [name, value] of propertiesOf(node)) {
      const pointer = at + step(name);
      const level = Object.hasOwn(pii.fields, name) ? (pii.fields[name] ?? 0) : 0;
      if (isCovered(pointer, topic.redact)) continue;
      if (level > topic.piiLevel) {
        problems.push(
          `${name} is of piiLevel ${level} and the topic of ${topic.piiLevel}: redact ${pointer} or raise the topic's level`,
        );
      }
      visit(value, pointer);
    }
    if (isSchema(node.items)) visit(node.items, `${at}/*`);
    if (isSchema(node.additionalProperties)) visit(node.additionalProperties, `${at}/*`);
  };
  visit(inlined(topic.schema), '');
  return problems;
}
