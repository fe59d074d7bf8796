import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSpec } from '../../spec/codegen/check.ts';
import { generate, staleFiles } from '../../spec/codegen/generate.ts';
import { loadSpec, SpecError, specFolder } from '../../spec/codegen/load.ts';
import committed from '../../spec/generated/spec-version.json' with { type: 'json' };
import { specVersion } from '../../spec/spec-version.ts';
import type { TopicDescriptor } from '../../spec/topic.ts';
import { canonicalSpec, sha256 } from '../../spec/version.ts';
import { temporaryFolder } from '../helpers/daemon.ts';

const sources = loadSpec();
const hash = (topics: readonly TopicDescriptor[], forwarding = sources.forwarding) =>
  sha256(canonicalSpec(topics, forwarding));

/** The same JSON with every object's keys in another order. */
function shuffleKeys(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffleKeys(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, shuffleKeys(item, random)] as const);
  return Object.fromEntries(entries.sort(() => random() - 0.5));
}

describe('P3 specVersion', () => {
  it('is the same in the sources, the generated file and at run time', () => {
    expect(hash(sources.topics)).toBe(committed.specVersion);
    expect(specVersion).toBe(committed.specVersion);
  });

  it('is stable under key order and file order', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
        const random = () => stream.next().value as number;
        const topics = shuffleKeys(sources.topics, random) as TopicDescriptor[];
        expect(hash(topics.sort(() => random() - 0.5))).toBe(committed.specVersion);
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on prose, and does on every meaning', () => {
    const change = (edit: (topic: TopicDescriptor) => void) => {
      const topics = structuredClone(sources.topics) as TopicDescriptor[];
      const topic = topics.find(({ id }) => id === 'room.message.sent');
      if (topic === undefined) throw new Error('expected the topic');
      edit(topic);
      return hash(topics);
    };
    expect(change((topic) => Object.assign(topic, { description: 'other words' }))).toBe(committed.specVersion);
    const meanings = [
      (topic: TopicDescriptor) => Object.assign(topic, { piiLevel: 1 }),
      (topic: TopicDescriptor) => Object.assign(topic, { redact: [] }),
      (topic: TopicDescriptor) => Object.assign(topic, { class: 'telemetry' }),
      (topic: TopicDescriptor) => Object.assign(topic, { version: 2 }),
      (topic: TopicDescriptor) => Object.assign(topic, { forwarding: { mode: 'forward' } }),
      (topic: TopicDescriptor) => Object.assign(topic.schema.properties, { description: { type: 'string' } }),
      (topic: TopicDescriptor) => topic.schema.required?.pop(),
    ].map(change);
    expect(new Set([committed.specVersion, ...meanings]).size).toBe(meanings.length + 1);
    expect(hash(sources.topics, { ...sources.forwarding, piiCeiling: 2 })).not.toBe(committed.specVersion);
  });
});

describe('the spec folder', () => {
  it('keeps what its descriptors promise', () => expect(checkSpec(sources)).toEqual([]));

  it('has fresh generated files', async () => expect(staleFiles(await generate(sources))).toEqual([]));

  it('is refused with every fault at once', async () => {
    const folder = await temporaryFolder();
    cpSync(specFolder, folder, { recursive: true });
    const edit = (name: string, change: (topic: Record<string, unknown>) => void) => {
      const file = join(folder, 'topics', name);
      const topic = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      change(topic);
      writeFileSync(file, JSON.stringify(topic));
    };
    edit('room.message.sent.json', (topic) => Object.assign(topic, { class: 'important' }));
    edit('room.participant.left.json', (topic) => Object.assign(topic, { id: 'Room Left' }));
    writeFileSync(join(folder, 'topics/broken.json'), '{');
    expect(() => loadSpec(folder)).toThrow(SpecError);
    expect(() => loadSpec(folder)).toThrow(/room\.message\.sent\.json: class[\s\S]*|broken\.json/);
    try {
      loadSpec(folder);
    } catch (error) {
      expect((error as SpecError).problems.length).toBe(3);
    }
  });

  it('names a wrong example, an accepted counterexample, a dangling pointer and unmasked words', () => {
    const [first] = structuredClone(sources.topics) as TopicDescriptor[];
    if (first === undefined) throw new Error('expected a topic');
    Object.assign(first, {
      examples: [{ nothing: 1 }],
      counterexamples: sources.topics[0]?.examples,
      redact: ['/nowhere'],
      piiLevel: 0,
    });
    first.schema.properties.text = { type: 'string' };
    const problems = checkSpec({ ...sources, topics: [first, ...sources.topics.slice(1)] });
    expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
      'examples[0]',
      'counterexamples[0]',
      'redact',
      expect.stringContaining('text is of piiLevel 2'),
    ]);
  });
});
