import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { asyncApi } from '../../spec/codegen/asyncapi.ts';
import { loadSpec } from '../../spec/codegen/load.ts';
import { parseCommand } from '../../spec/command.ts';
import type { TopicDescriptor } from '../../spec/topic.ts';
import { descriptor } from './own-topic-files.ts';

type Json = Record<string, unknown>;

const sources = loadSpec();
const document = asyncApi(sources) as Json & {
  channels: Record<string, { messages: Json }>;
  operations: Record<string, { channel: { $ref: string } }>;
  components: { messages: Record<string, { payload: Json; examples?: { payload: unknown }[] }>; schemas: Json };
};

/** AsyncAPI 3.0 as its authors publish it. */
const official = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json'), 'utf8'),
) as Json;

const resolve = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node as Json | undefined)?.[key.replaceAll('~1', '/')], document);

function refs(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = (node as { $ref?: unknown }).$ref;
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(node).flatMap(refs)];
}

/** The official document brings the meta-schema that it is written in. */
const ITS_OWN_META = { meta: false, validateSchema: false } as const;

describe('the AsyncAPI document', () => {
  const validate = new Ajv({ strict: false, validateFormats: false, ...ITS_OWN_META }).compile(official);

  it('is one, says the official schema', () => {
    expect([validate(document), validate.errors]).toEqual([true, null]);
    expect(validate({ ...document, operations: { wrong: { action: 'shout' } } })).toBe(false);
  });

  it('points at nothing that is not there', () => {
    const all = refs(document);
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter((ref) => resolve(ref) === undefined)).toEqual([]);
  });

  it('has every topic, and in each channel those that go there', () => {
    const ids = sources.topics.map(({ id }) => id);
    const inChannel = (name: string) => Object.keys(document.channels[name]?.messages ?? {});
    expect(inChannel('events')).toEqual(ids);
    expect(inChannel('roomEvents')).toEqual(ids);
    expect(inChannel('botOutput')).toContain('room.message.sent');
    expect(inChannel('botOutput').filter((id) => id.startsWith('supervisor.'))).toEqual([]);
    expect(inChannel('botOutput')).not.toContain('events.envelope.rejected');
    expect(inChannel('eventBus')).toContain('room.dominance.score');
    expect(inChannel('eventBus')).not.toContain('room.transcript.received');
    expect(inChannel('botInput')).toContain('CommandShutdown');
  });

  it('describes what readers get: each example fits the payload that is described, and no other topic does', () => {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema({ ...document, $id: 'doc' });
    for (const { id } of sources.topics) {
      const check = ajv.compile({ $ref: `doc#/components/messages/${id}/payload` });
      const example = document.components.messages[id]?.examples?.[0]?.payload as Json;
      expect([id, check(example), check.errors]).toEqual([id, true, null]);
      expect(check({ ...example, topic: 'other.topic' })).toBe(false);
      expect(check({ ...example, payload: { nothing: 1 } })).toBe(false);
    }
  });

  it('keeps topics apart whatever they are called', () => {
    const both = ['x.y', 'forwarded.x.y'].map((id) => descriptor(id) as unknown as TopicDescriptor);
    const { components } = asyncApi({ ...sources, topics: both }) as typeof document;
    const names = Object.entries(components.messages).map(([key, message]) => [key, (message as Json).name]);
    expect(names.filter(([key]) => !String(key).startsWith('Command'))).toEqual([
      ['x.y', 'x.y'],
      ['forwarded.x.y', 'forwarded.x.y'],
      ['forwarded-x.y', 'x.y'],
      ['forwarded-forwarded.x.y', 'forwarded.x.y'],
    ]);
  });

  it('describes the commands that bots take', () => {
    const check = new Ajv({ strict: false })
      .addSchema({ ...document, $id: 'doc' })
      .compile({ $ref: 'doc#/components/messages/CommandShutdown/payload' });
    const command = { type: 'shutdown', reason: 'x', deadlineMs: 1 };
    expect([check(command), parseCommand(command).ok]).toEqual([true, true]);
    expect(check({ ...command, type: 'ack' })).toBe(false);
  });

  it('says the same at every call', () => expect(asyncApi(sources)).toEqual(document));
});
