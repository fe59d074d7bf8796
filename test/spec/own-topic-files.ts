import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = Record<string, unknown>;

/** A descriptor of somebody's own; `changes` are written over it. */
export function descriptor(id: string, changes: Json = {}): Json {
  return {
    id,
    version: 1,
    description: 'Something of their own.',
    class: 'authoritative',
    piiLevel: 1,
    redact: [],
    forwarding: { mode: 'forward' },
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['orderId'],
      properties: { orderId: { type: 'string', minLength: 1, maxLength: 64 } },
    },
    examples: [{ orderId: '7' }],
    counterexamples: [{ orderId: 7 }],
    ...changes,
  };
}

const text = { type: 'string', maxLength: 256 };

/** An order whose words are masked, one level down too. */
export const order: Json = descriptor('acme.order.placed', {
  redact: ['/note', '/items/*/name'],
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['orderId'],
    properties: {
      orderId: text,
      note: text,
      items: {
        type: 'array',
        maxItems: 10,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['sku'],
          properties: { sku: text, name: text },
        },
      },
    },
  },
});

/** Words, which never leave. */
export const word: Json = descriptor('acme.word.said', {
  piiLevel: 2,
  schema: { type: 'object', additionalProperties: false, required: ['text'], properties: { text } },
  examples: [{ text: 'hello' }],
  counterexamples: [{}],
});

/** Writes descriptors into a folder, each under its name. */
export function writeTopics(folder: string, ...topics: readonly Json[]): string {
  mkdirSync(folder, { recursive: true });
  for (const topic of topics) writeFileSync(join(folder, `${topic.id}.json`), JSON.stringify(topic));
  return folder;
}
