import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSpec } from '../../spec/codegen/check.ts';
import { inexpressible } from '../../spec/codegen/expressible.ts';
import { inlined } from '../../spec/codegen/inline.ts';
import { loadSpec } from '../../spec/codegen/load.ts';
import { fieldName, typeName } from '../../spec/codegen/names.ts';
import { topicTypes } from '../../spec/codegen/typescript.ts';
import type { TopicDescriptor } from '../../spec/topic.ts';
import { descriptor } from './own-topic-files.ts';

type Json = Record<string, unknown>;

const sources = loadSpec();
const text = { type: 'string', maxLength: 8 };
const object = (properties: Json, more: Json = {}): Json => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});
const faults = (field: Json, root: Json = {}) =>
  inexpressible(object({ a: field }, root)).map(({ at, found }) => `${at}: ${found}`);
const A = '/properties/a';

describe('what every language can express', () => {
  it('is what the built-in topics ask for', () => {
    for (const { id, schema } of sources.topics) expect([id, inexpressible(schema)]).toEqual([id, []]);
  });

  it.each<[string, Json]>([
    ['a string or null', { type: ['string', 'null'], maxLength: 8 }],
    ['an enum of strings', { enum: ['a', 'b'] }],
    ['an enum or null', { type: ['string', 'null'], enum: ['a', null] }],
    ['an enum of whole numbers', { type: 'integer', enum: [1, 2] }],
    ['a constant', { const: 'a' }],
    ['a map', { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 3 }],
    ['objects in lists', { type: 'array', items: object({ b: text }) }],
    ['a property named like a keyword', object({ anyOf: text, format: text, $ref: text })],
    ['a pattern', { type: 'string', pattern: '^[a-z]+(?:-[a-z]+)*$' }],
    ['prose', { ...text, title: 'A', description: 'x', $comment: 'x', examples: [{}], default: 'x', deprecated: true }],
  ])('may be %s', (_, field) => expect(faults(field)).toEqual([]));

  it.each<[string, Json, string]>([
    ['anyOf', { anyOf: [text, { type: 'integer' }] }, `${A}/anyOf: found anyOf`],
    ['oneOf', { oneOf: [text] }, `${A}/oneOf: found oneOf`],
    ['allOf', { type: 'string', allOf: [text] }, `${A}/allOf: found allOf`],
    ['two types', { type: ['string', 'integer'] }, `${A}/type: found string or integer`],
    ['not', { ...text, not: { const: 'a' } }, `${A}/not: found not`],
    ['if', { ...text, if: {}, else: {} }, `${A}/if: found if`],
    [
      'patternProperties',
      object({}, { patternProperties: { x: text } }),
      `${A}/patternProperties: found patternProperties`,
    ],
    ['dependentSchemas', object({}, { dependentSchemas: {} }), `${A}/dependentSchemas: found dependentSchemas`],
    ['unevaluatedProperties', object({}, { unevaluatedProperties: false }), `${A}/unevaluatedProperties`],
    ['a format', { type: 'string', format: 'date-time' }, `${A}/format: found format`],
    ['a tuple', { type: 'array', prefixItems: [text] }, `${A}/prefixItems: found prefixItems`],
    ['a tuple of the old kind', { type: 'array', items: [text] }, `${A}/items: found [{`],
    ['items of any kind', { type: 'array' }, `${A}/items: found nothing`],
    ['uniqueItems', { type: 'array', items: text, uniqueItems: true }, `${A}/uniqueItems: found uniqueItems`],
    ['a constant object', { const: {} }, `${A}/const: found a constant object`],
    ['an enum of mixed types', { enum: ['a', 1] }, `${A}/enum: found string and integer`],
    ['an enum of fractions', { enum: [0.5] }, `${A}/enum: found a number`],
    ['null in an enum of strings', { type: 'string', enum: ['a', null] }, `${A}/enum: found null`],
    ['an open object', { type: 'object', properties: {} }, `${A}/additionalProperties: found nothing`],
    ['additionalProperties: true', object({}, { additionalProperties: true }), `${A}/additionalProperties: found true`],
    [
      'a map with properties',
      object({ b: text }, { additionalProperties: text }),
      `${A}/additionalProperties: found a schema`,
    ],
    [
      'an open object in a list',
      { type: 'array', items: { type: 'object' } },
      `${A}/items/additionalProperties: found nothing`,
    ],
    ['no type', { description: 'anything' }, `${A}: found no type`],
    ['a schema that is true', true as unknown as Json, `${A}: found true`],
    ['a bound of another type', { type: 'integer', maxLength: 3 }, `${A}/maxLength: found maxLength with integer`],
    ['a number that is too large', { type: 'integer', maximum: 2 ** 60 }, `${A}/maximum: found 115`],
    ['a number that is too small', { type: 'number', minimum: -(2 ** 53) }, `${A}/minimum: found -9`],
    ['lookahead', { type: 'string', pattern: '^(?!x)' }, `${A}/pattern: found lookaround`],
    ['lookbehind', { type: 'string', pattern: '(?<=x)y' }, `${A}/pattern: found lookaround`],
    ['a backreference', { type: 'string', pattern: '(a)\\1' }, `${A}/pattern: found lookaround`],
    ['no regular expression', { type: 'string', pattern: '(' }, `${A}/pattern: found what is no regular expression`],
    ['a required field that is not there', object({}, { required: ['b'] }), `${A}/required: found b`],
    [
      'names that Python cannot tell apart',
      object({ userId: text, user_id: text }),
      `${A}/properties/user_id: found a name that in Python is user_id, as userId`,
    ],
    ['a name of nothing', object({ '-': text }), `${A}/properties/-: found a name that is none`],
    ['maxProperties on a closed object', object({}, { maxProperties: 3 }), `${A}/maxProperties: found`],
    [
      'a $ref elsewhere',
      { $ref: 'https://example.com/x' },
      `${A}/$ref: found $ref https://example.com/x, out of $defs`,
    ],
    ['a $ref to nothing', { $ref: '#/$defs/x' }, `${A}/$ref: found $ref #/$defs/x, which is not there`],
    ['a keyword that is none', { ...text, maxlength: 3 }, `${A}/maxlength: found maxlength with string`],
  ])('is not %s', (_, field, expected) => {
    const all = inexpressible(object({ a: field }));
    expect(all.map(({ at, found }) => `${at}: found ${found}`)).toContainEqual(expect.stringContaining(expected));
    for (const { instead } of all) expect(instead).toMatch(/\w{3}/);
  });

  it('writes out what $defs say, and refuses what would never end', () => {
    const $defs = { word: { ...text, title: 'Word' }, list: { type: 'array', items: { $ref: '#/$defs/word' } } };
    expect(faults({ $ref: '#/$defs/list' }, { $defs })).toEqual([]);
    expect(inlined(object({ a: { $ref: '#/$defs/list', description: 'x' } }, { $defs }))).toEqual(
      object({ a: { type: 'array', items: { ...text, title: 'Word' }, description: 'x' } }),
    );
    const tree = object({ children: { type: 'array', items: { $ref: '#/$defs/tree' } } });
    expect(faults({ $ref: '#/$defs/tree' }, { $defs: { tree } })).toEqual([
      `${A}/properties/children/items/$ref: $ref #/$defs/tree inside itself`,
    ]);
    expect(faults({ $ref: '#/$defs/word', maxLength: 1 }, { $defs })).toEqual([`${A}/$ref: maxLength beside $ref`]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('is judged when a type or a keyword is called %s', (name) => {
    expect(() => faults({ type: name } as Json)).not.toThrow();
    expect(faults(JSON.parse(`{"type":"object","${name}":{}}`) as Json)).not.toEqual([]);
  });

  it('is judged without ever failing, whatever stands there', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.constantFrom('type', 'enum', 'items', 'properties', '$ref', 'pattern'),
        (value, key) => {
          expect(Array.isArray(faults({ type: 'object', [key]: value } as Json))).toBe(true);
          expect(Array.isArray(inexpressible((value as Json) ?? {}))).toBe(true);
        },
      ),
    );
  });
});

describe('names', () => {
  it.each([
    ['endAt', 'end_at'],
    ['from', 'from_'],
    ['content-type', 'content_type'],
    ['2nd', 'n2nd'],
    ['modelName', 'model_name_'],
    ['_x', 'x'],
    ['URL', 'url'],
  ])('in Python: %s is %s', (name, expected) => expect(fieldName(name)).toBe(expected));

  it('of types collide when only dots and dashes tell them apart', () => {
    const topic = (id: string) => descriptor(id) as unknown as TopicDescriptor;
    const topics = [...sources.topics, topic('acme.order_lost'), topic('acme.order.lost'), topic('topic.id')];
    expect(checkSpec({ ...sources, topics })).toEqual([
      "topics/acme.order.lost.json: /id: found acme.order.lost, whose type AcmeOrderLost is acme.order_lost's too: write other words",
      "topics/topic.id.json: /id: found topic.id, whose type TopicId is the generated type of names's too: write other words",
    ]);
    expect(typeName('acme.order_lost')).toBe('AcmeOrderLost');
  });

  it('of types are those of topics alone, whatever titles and $defs are called', async () => {
    const shared = {
      $defs: { P: object({ x: text }, { title: 'Point' }) },
      type: 'object',
      additionalProperties: false,
    };
    const topics = ['acme.one', 'acme.two'].map(
      (id) =>
        descriptor(id, {
          schema: { ...shared, properties: { p: { $ref: '#/$defs/P' } } },
        }) as unknown as TopicDescriptor,
    );
    const types = await topicTypes(topics);
    expect([...types.matchAll(/export (?:interface|type) (\w+)/g)].map(([, name]) => name)).toEqual([
      'AcmeOne',
      'AcmeTwo',
      'TopicPayloads',
      'TopicId',
    ]);
  });
});

describe('what is masked', () => {
  const schema = object({
    who: object({ name: text }),
    maybe: { type: ['object', 'null'], additionalProperties: false, properties: { name: text } },
    list: { type: 'array', items: object({ name: text }) },
    words: { type: 'array', items: text },
    map: { type: 'object', additionalProperties: object({ name: text }) },
    'a/b': text,
  });
  const check = (redact: string[], piiLevel = 2) => {
    const topic = descriptor('acme.masked', { schema, redact, piiLevel, examples: [{}], counterexamples: [{ x: 1 }] });
    return checkSpec({ ...sources, topics: [topic as unknown as TopicDescriptor] });
  };

  it.each(['/who', '/who/name', '/maybe/name', '/list/*/name', '/list', '/words', '/words/*', '/map', '/a~1b'])(
    'may be %s',
    (pointer) => expect(check([pointer])).toEqual([]),
  );

  it.each([
    ['/nobody', '/nobody is no property'],
    ['/who/age', '/age is no property'],
    ['/who/name/first', '/who/name is of type string'],
    ['/list/name', '/list is an array: write /list/*/…'],
    ['/list/0/name', '/list is an array: write /list/*/…'],
    ['/list/*/age', '/age is no property'],
    ['/map/x', '/map is a map'],
    ['/map/*/name', '/map is a map'],
    ['/who/*', '/* is no property'],
    ['/a~2b', 'write a JSON pointer'],
  ])('is not %s', (pointer, expected) => {
    expect(check([pointer])).toEqual([expect.stringContaining(expected)]);
    expect(check([pointer])[0]).toMatch(/^topics\/acme\.masked\.json: redact: found \//);
  });

  it('has to be, where a name says so, at any depth', () => {
    expect(check([], 0).map((problem) => problem.split('redact ')[1]?.split(' ')[0])).toEqual([
      '/who/name',
      '/maybe/name',
      '/list/*/name',
      '/map/*/name',
    ]);
    expect(check(['/who', '/maybe/name', '/list', '/map'], 0)).toEqual([]);
  });
});
