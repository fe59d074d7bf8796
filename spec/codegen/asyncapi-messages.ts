import type { TopicDescriptor } from '../topic.ts';
import { topicInfo } from '../version.ts';
import { exampleEnvelope } from './example.ts';
import type { SpecSources } from './load.ts';
import { typeName } from './names.ts';
import { isSchema, propertiesOf, type Schema } from './schema.ts';

export type Json = Record<string, unknown>;

export const ref = (to: string): { $ref: string } => ({ $ref: `#/${to}` });

/** An event as readers get it. */
export function eventMessage(topic: TopicDescriptor, sources: SpecSources, specVersion: string): Json {
  const { id, description } = topic;
  const { version, class: eventClass, piiLevel, redact, forwarding } = topicInfo(topic, sources.forwarding);
  return {
    name: id,
    title: typeName(id),
    summary: description,
    contentType: 'application/json',
    tags: [{ name: eventClass }],
    payload: {
      allOf: [
        ref('components/schemas/Envelope'),
        { type: 'object', properties: { topic: { const: id }, payload: ref(`components/schemas/${id}`) } },
      ],
    },
    examples: [{ name: 'envelope', payload: exampleEnvelope(topic, specVersion) }],
    'x-roomd': { version, class: eventClass, piiLevel, redact, forwarding },
  };
}

/** An entry of PutEvents without its Detail. */
export const EVENT_BRIDGE_HEADERS = {
  type: 'object',
  required: ['Source', 'DetailType'],
  properties: {
    Source: { type: 'string', description: 'forward.source of the configuration' },
    DetailType: { type: 'string', description: 'the topic' },
    Time: { type: 'string', description: "the envelope's ts" },
    EventBusName: { type: 'string' },
    Resources: { type: 'array', items: { type: 'string' }, description: 'roomd:room/ROOM' },
  },
};

/** The envelope is the entry's Detail, the rest of the entry its headers. Fields that are masked have other values. */
export function forwardedMessage(topic: TopicDescriptor, sources: SpecSources, specVersion: string): Json {
  const { examples: _, ...message } = eventMessage(topic, sources, specVersion);
  return { ...message, headers: ref('components/schemas/EventBridgeHeaders') };
}

export function commandMessage(name: string, schema: Schema): Json {
  const summary = typeof schema.description === 'string' ? schema.description : name;
  return { name, title: name, summary, contentType: 'application/json', payload: ref(`components/schemas/${name}`) };
}

/** `policy.warn` → its schema under the name `PolicyWarn`. */
export function commandSchemas({ oneOf }: Schema): { name: string; type: string; schema: Schema }[] {
  return (Array.isArray(oneOf) ? oneOf.filter(isSchema) : []).map((variant) => {
    const type = String(propertiesOf(variant).find(([name]) => name === 'type')?.[1].const);
    return { name: `Command${typeName(type)}`, type, schema: { type: 'object', ...variant } };
  });
}
