import { z } from 'zod';

/** `authoritative`: never lost in silence. `telemetry`: may be dropped under pressure, and every drop is counted. */
export const eventClass = z.enum(['authoritative', 'telemetry']);

/** How an event of a topic leaves the machine; `local` never does. */
export const forwarding = z.strictObject({
  mode: z.enum(['forward', 'local']),
  priority: z.enum(['normal', 'high']),
  sampleRate: z.number().min(0).max(1),
});

/** The name of a topic, and nothing else. */
const topicName = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, 'expected lower-case words joined by dots');

const jsonObject = z.record(z.string(), z.unknown());

/** One file of `spec/topics/`. The payload's schema must be a closed object: unknown fields are refused. */
export const topicDescriptor = z.strictObject({
  id: topicName,
  version: z.int().min(1),
  description: z.string().min(1),
  class: eventClass,
  piiLevel: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  redact: z.array(z.string().regex(/^(\/[^/]+)+$/, 'expected a JSON pointer such as /text')).default([]),
  forwarding: forwarding.partial().optional(),
  schema: z.looseObject({
    type: z.literal('object'),
    additionalProperties: z.literal(false),
    properties: z.record(z.string(), jsonObject),
    required: z.array(z.string()).optional(),
  }),
  examples: z.array(jsonObject).min(1),
  counterexamples: z.array(jsonObject).min(1),
});

/** `spec/config/forwarding.json`: what a topic gets that says nothing itself, and overrides by topic. */
export const forwardingConfig = z.strictObject({
  defaults: forwarding,
  piiCeiling: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  topics: z.record(z.string(), forwarding.partial()),
});

/** `spec/config/pii.json`: the PII level of payload fields by name. */
export const piiConfig = z.strictObject({
  levels: z.record(z.string(), z.string()),
  fields: z.record(z.string(), z.int().min(0).max(2)),
});

export type TopicDescriptor = z.infer<typeof topicDescriptor>;
export type ForwardingConfig = z.infer<typeof forwardingConfig>;
export type PiiConfig = z.infer<typeof piiConfig>;
export type Forwarding = z.infer<typeof forwarding>;

/** What the running code needs to know of a topic. */
export interface TopicInfo {
  readonly version: number;
  readonly class: z.infer<typeof eventClass>;
  readonly piiLevel: 0 | 1 | 2;
  readonly redact: readonly string[];
  readonly forwarding: Readonly<Forwarding>;
  /** One of the operator's, from `spec.topics`; absent: built in. */
  readonly own?: true;
}
