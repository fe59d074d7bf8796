import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newAjv } from '../../spec/codegen/ajv.ts';
import { diffSpec, diffTopics } from '../../spec/codegen/diff.ts';
import { loadSpec, type SpecSources } from '../../spec/codegen/load.ts';
import type { TopicDescriptor } from '../../spec/topic.ts';
import { descriptor, word } from './own-topic-files.ts';

type Json = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: edits reach deep into JSON
type Loose = any;

const builtIn = loadSpec();
const WORDS = 'acme.word.said';
/** With a topic of words that names no mask. */
const sources: SpecSources = { ...builtIn, topics: [...builtIn.topics, word as unknown as TopicDescriptor] };

/** The findings after an edit of the sources: `CHANGE FILE POINTER`, with an exclamation mark before what is breaking. */
function changesBy(
  edit: (spec: { topics: Loose; envelope: Loose; command: Loose; forwarding: Loose; pii: Loose }) => void,
) {
  const changed = structuredClone({ ...sources, files: new Map(), own: new Set() }) as Loose;
  changed.topics = Object.fromEntries((changed.topics as TopicDescriptor[]).map((topic) => [topic.id, topic]));
  edit(changed);
  changed.topics = Object.values(changed.topics);
  return diffSpec(sources, changed as SpecSources).map(
    ({ file, at, change, breaking }) =>
      `${breaking ? '!' : ' '} ${change} ${file.replace(/^topics\/|\.json$/g, '')} ${at}`,
  );
}

const MESSAGE = 'room.message.sent';
const kept = `  version.kept ${MESSAGE} `;
const properties = (spec: Loose, id = MESSAGE) => spec.topics[id].schema.properties;

describe('the difference between two contracts', () => {
  it('is none between a contract and itself, whatever the prose', () => {
    expect(changesBy(() => undefined)).toEqual([]);
    const prose = changesBy((spec) => {
      spec.topics[MESSAGE].description = 'other words';
      properties(spec).text.description = 'other words';
      spec.topics[MESSAGE].examples = [];
    });
    expect(prose).toEqual([]);
  });

  it.each<[string, (spec: Loose) => void, string[]]>([
    ['a topic is removed', (s) => delete s.topics[MESSAGE], [`! topic.removed ${MESSAGE} `]],
    ['a topic is added', (s) => Object.assign(s.topics, { x: descriptor('acme.x') }), ['  topic.added acme.x ']],
    [
      'an optional field is removed',
      (s) => delete properties(s).replyTo,
      [`! field.removed ${MESSAGE} /replyTo`, kept],
    ],
    [
      'an optional field is added',
      (s) => Object.assign(properties(s), { mood: { type: 'string' } }),
      [`  field.added ${MESSAGE} /mood`, kept],
    ],
    [
      'a required field is added, and the version raised',
      (s) => {
        Object.assign(properties(s), { mood: { type: 'string' } });
        s.topics[MESSAGE].schema.required.push('mood');
        s.topics[MESSAGE].version = 2;
      },
      [`! field.added ${MESSAGE} /mood`],
    ],
    [
      'a field becomes required',
      (s) => s.topics[MESSAGE].schema.required.push('replyTo'),
      [`! required.added ${MESSAGE} /replyTo`, kept],
    ],
    [
      'a field is no longer required',
      (s) => s.topics[MESSAGE].schema.required.splice(0, 1),
      [`! required.removed ${MESSAGE} /messageId`, kept],
    ],
    [
      'a type is another',
      (s) => Object.assign(properties(s), { at: { type: 'boolean' } }),
      [`! type.narrowed ${MESSAGE} /at`, `! type.widened ${MESSAGE} /at`, `  bounds.loosened ${MESSAGE} /at`, kept],
    ],
    [
      'a type is narrowed',
      (s) => Object.assign(s.topics['room.dominance.score'].schema.properties.gini, { type: 'integer' }),
      ['! type.narrowed room.dominance.score /gini', '  version.kept room.dominance.score '],
    ],
    [
      'a type is widened',
      (s) => Object.assign(properties(s).at, { type: 'number' }),
      [`! type.widened ${MESSAGE} /at`, kept],
    ],
    [
      'null is allowed',
      (s) => Object.assign(properties(s).text, { type: ['string', 'null'] }),
      [`! type.widened ${MESSAGE} /text`, kept],
    ],
    [
      'an enum value is removed',
      (s) => s.topics['conversation.policy.violation'].schema.properties.severity.enum.pop(),
      ['! enum.removed conversation.policy.violation /severity', '  version.kept conversation.policy.violation '],
    ],
    [
      'an enum value is added',
      (s) => s.topics['conversation.policy.violation'].schema.properties.severity.enum.push('x'),
      ['  enum.added conversation.policy.violation /severity', '  version.kept conversation.policy.violation '],
    ],
    [
      'only some values are allowed',
      (s) => Object.assign(properties(s).text, { enum: ['hi'] }),
      [`! enum.introduced ${MESSAGE} /text`, kept],
    ],
    [
      'a maximum is lowered',
      (s) => Object.assign(properties(s).text, { maxLength: 10 }),
      [`! bounds.tightened ${MESSAGE} /text`, kept],
    ],
    [
      'a maximum is raised',
      (s) => Object.assign(properties(s).text, { maxLength: 9999 }),
      [`  bounds.loosened ${MESSAGE} /text`, kept],
    ],
    ['a maximum goes', (s) => delete properties(s).text.maxLength, [`  bounds.loosened ${MESSAGE} /text`, kept]],
    [
      'a minimum comes',
      (s) => Object.assign(properties(s).text, { minLength: 1 }),
      [`! bounds.tightened ${MESSAGE} /text`, kept],
    ],
    ['a minimum of nothing comes', (s) => Object.assign(properties(s).text, { minLength: 0 }), [kept]],
    [
      'a pattern comes',
      (s) => Object.assign(properties(s).text, { pattern: 'x' }),
      [`! pattern.changed ${MESSAGE} /text`, kept],
    ],
    [
      'a pattern goes',
      (s) => delete s.topics['conversation.policy.loaded'].schema.properties.policyVersion.pattern,
      ['  pattern.removed conversation.policy.loaded /policyVersion', '  version.kept conversation.policy.loaded '],
    ],
    [
      'a field of an item goes',
      (s) => delete s.topics['room.dominance.score'].schema.properties.participants.items.properties.share,
      ['! field.removed room.dominance.score /participants/*/share', '  version.kept room.dominance.score '],
    ],
    [
      'the values of a map are narrowed',
      (s) =>
        Object.assign(s.topics['events.envelope.rejected'].schema.properties.reasons.additionalProperties, {
          minimum: 2,
        }),
      ['! bounds.tightened events.envelope.rejected /reasons/*', '  version.kept events.envelope.rejected '],
    ],
    [
      'a class is lowered',
      (s) => Object.assign(s.topics[MESSAGE], { class: 'telemetry' }),
      [`! class.changed ${MESSAGE} `],
    ],
    [
      'a class is raised',
      (s) => Object.assign(s.topics['bot.health.heartbeat'], { class: 'authoritative' }),
      ['  class.changed bot.health.heartbeat '],
    ],
    ['a level is lowered', (s) => Object.assign(s.topics[MESSAGE], { piiLevel: 1 }), [`! pii.lowered ${MESSAGE} `]],
    [
      'a level is raised',
      (s) => Object.assign(s.topics['assistant.session.ended'], { piiLevel: 1 }),
      ['  pii.raised assistant.session.ended '],
    ],
    [
      'a level is raised above the ceiling',
      (s) => Object.assign(s.topics['assistant.session.ended'], { piiLevel: 2 }),
      ['! forwarding.above-ceiling assistant.session.ended ', '  pii.raised assistant.session.ended '],
    ],
    ['a mask goes', (s) => Object.assign(s.topics[MESSAGE], { redact: [] }), [`! redaction.removed ${MESSAGE} /text`]],
    [
      'a mask goes with its field',
      (s) => {
        delete properties(s).text;
        s.topics[MESSAGE].redact = [];
      },
      [`! field.removed ${MESSAGE} /text`, kept],
    ],
    [
      'a mask comes',
      (s) => Object.assign(s.topics[MESSAGE], { redact: ['/text', '/replyTo'] }),
      [`  redaction.added ${MESSAGE} /replyTo`],
    ],
    [
      'a topic of words that was masked whole begins to name masks',
      (s) => Object.assign(s.topics[WORDS], { redact: ['/text'] }),
      [`! redaction.narrowed ${WORDS} `],
    ],
    [
      'a topic comes to be one of words, and names its masks',
      (s) => Object.assign(s.topics['room.participant.left'], { piiLevel: 2, redact: ['/name'] }),
      [
        '! forwarding.above-ceiling room.participant.left ',
        '  pii.raised room.participant.left ',
        '  redaction.added room.participant.left /name',
      ],
    ],
    [
      'a mask of words makes way for another, its field gone',
      (s) => {
        delete properties(s).text;
        s.topics[MESSAGE].redact = ['/replyTo'];
      },
      [`! field.removed ${MESSAGE} /text`, `  redaction.added ${MESSAGE} /replyTo`, kept],
    ],
    [
      'forwarding ends',
      (s) => Object.assign(s.topics['assistant.session.ended'].forwarding, { mode: 'local' }),
      ['! forwarding.local assistant.session.ended '],
    ],
    [
      'forwarding begins',
      (s) => Object.assign(s.topics['bot.health.heartbeat'].forwarding, { mode: 'forward' }),
      ['  forwarding.forward bot.health.heartbeat '],
    ],
    [
      'forwarding ends by an override',
      (s) => (s.forwarding.topics['assistant.session.ended'] = { mode: 'local' }),
      ['! forwarding.local assistant.session.ended '],
    ],
    [
      'fewer are sampled',
      (s) => Object.assign(s.topics['assistant.session.ended'].forwarding, { sampleRate: 0.5 }),
      ['! sampling.lowered assistant.session.ended '],
    ],
    [
      'fewer of what never left are sampled',
      (s) => Object.assign(s.topics[MESSAGE].forwarding, { sampleRate: 0.5 }),
      [],
    ],
    [
      'the pace changes',
      (s) => Object.assign(s.topics[MESSAGE].forwarding, { priority: 'high' }),
      [`  priority.changed ${MESSAGE} `],
    ],
    [
      'the ceiling is raised',
      (s) => Object.assign(s.forwarding, { piiCeiling: 2 }),
      ['! ceiling.raised config/forwarding /piiCeiling'],
    ],
    ['a field is known for less', (s) => delete s.pii.fields.text, ['! field-level.lowered config/pii /fields/text']],
    [
      'a version is lowered',
      (s) => Object.assign(s.topics[MESSAGE], { version: 0 }),
      [`! version.lowered ${MESSAGE} `],
    ],
    [
      'the envelope loses a field',
      (s) => delete s.envelope.properties.tenantId,
      ['! field.removed schemas/envelope /tenantId'],
    ],
    [
      'the envelope asks for more',
      (s) => s.envelope.required.push('roomId'),
      ['! required.added schemas/envelope /roomId'],
    ],
    ['a command goes', (s) => s.command.oneOf.shift(), ['! command.removed schemas/command shutdown']],
    [
      'a command comes',
      (s) => s.command.oneOf.push({ properties: { type: { const: 'dance' } } }),
      ['  command.added schemas/command dance'],
    ],
    [
      'a command asks for more',
      (s) =>
        s.command.oneOf[0].required.push('x') &&
        Object.assign(s.command.oneOf[0].properties, { x: { type: 'string' } }),
      ['! field.added schemas/command shutdown/x'],
    ],
    [
      'something unheard of changes',
      (s) => Object.assign(properties(s).text, { contentEncoding: 'base64' }),
      [`! schema.changed ${MESSAGE} /text`, kept],
    ],
  ])('names it when %s', (_, edit, expected) => {
    const found = changesBy((spec) => void edit(spec as Loose));
    const order = (lines: string[]) => [...lines].sort();
    expect(order(found)).toEqual(order(expected));
    expect(found.findLastIndex((line) => line.startsWith('!'))).toBe(
      found.filter((line) => line.startsWith('!')).length - 1,
    );
  });

  it.each<[string, Json, Json, string[]]>([
    ['a list of whole numbers, whose type is written down', { enum: [1, 2] }, { type: 'integer', enum: [1, 2] }, []],
    ['and no longer', { type: 'integer', enum: [1, 2] }, { enum: [1, 2] }, []],
    ['or written down more widely', { type: 'integer', enum: [1, 2] }, { type: 'number', enum: [1, 2] }, []],
    ['a list that is dropped', { type: 'number', enum: [1, 2] }, { type: 'number' }, ['  enum.dropped']],
    ['a type under a list', { enum: [1, 1.5] }, { type: 'integer', enum: [1] }, ['! type.narrowed', '! enum.removed']],
    ['a list of another type', { enum: ['a'] }, { enum: ['a', null] }, ['! type.widened', '  enum.added']],
    [
      'a list that outgrows its type',
      { type: 'integer', enum: [1] },
      { type: 'number', enum: [1, 1.5] },
      ['! type.widened', '  enum.added'],
    ],
  ])('knows types by the values that are listed: %s', (_, before, after, expected) => {
    const topic = (field: Json, version: number) => {
      const schema = { type: 'object', additionalProperties: false, properties: { field } };
      return descriptor('acme.x', { version, schema }) as Loose;
    };
    const found = diffTopics([topic(before, 1)], [topic(after, 2)], sources);
    expect(found.map(({ change, breaking }) => `${breaking ? '!' : ' '} ${change}`)).toEqual(expected);
  });

  it('says of each breaking change who is hurt', () => {
    const [first, second] = [
      descriptor('acme.x'),
      descriptor('acme.x', {
        class: 'telemetry',
        schema: { type: 'object', additionalProperties: false, properties: {} },
      }),
    ];
    const findings = diffTopics([first as Loose], [second as Loose], sources).filter(({ breaking }) => breaking);
    expect(findings.length).toBe(2);
    for (const { text } of findings) expect(text).toMatch(/, because .*(events|bots|analysts)/);
  });

  it('holds: without a breaking change to its schema, what a topic took it still takes', () => {
    const bounds = { minLength: fc.nat(3), maxLength: fc.integer({ min: 3, max: 6 }) };
    const word = fc.record({ type: fc.constant('string'), ...bounds }, { requiredKeys: ['type'] });
    const whole = fc.record(
      {
        type: fc.constantFrom('integer', 'number'),
        minimum: fc.integer({ min: -2, max: 2 }),
        maximum: fc.integer({ min: 2, max: 5 }),
      },
      { requiredKeys: ['type'] },
    );
    const choice = fc
      .subarray(['a', 'bb', 'ccc'], { minLength: 1 })
      .map((values) => ({ type: 'string', enum: values }));
    const field = fc.oneof(word, whole, choice) as fc.Arbitrary<Json>;
    const schema = fc
      .tuple(fc.dictionary(fc.constantFrom('a', 'b', 'c'), field, { maxKeys: 3 }), fc.infiniteStream(fc.boolean()))
      .map(([fields, coin]) => ({
        type: 'object',
        additionalProperties: false,
        properties: fields,
        required: Object.keys(fields).filter(() => coin.next().value),
      }));
    const value = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.constantFrom('', 'a', 'bb', 'ccc', 'dddd', 'eeeee', 1.5), fc.integer({ min: -3, max: 6 })),
    );
    let compatible = 0;
    fc.assert(
      fc.property(schema, schema, fc.array(value, { minLength: 20, maxLength: 40 }), (before, now, values) => {
        const topic = (it: Json) => descriptor('acme.x', { schema: it }) as Loose;
        if (diffTopics([topic(before)], [topic(now)], sources).some(({ breaking }) => breaking)) return;
        compatible++;
        const [took, takes] = [newAjv().compile(before), newAjv().compile(now)];
        for (const each of values) if (took(each)) expect(takes(each)).toBe(true);
      }),
      { numRuns: 400 },
    );
    expect(compatible).toBeGreaterThan(10);
  });
});
