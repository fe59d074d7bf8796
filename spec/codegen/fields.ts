import { isSchema, propertiesOf, requiredOf, type Schema, step, typesOf } from './schema.ts';

/** One line of a table of fields. */
export interface Field {
  /** `participants[].share`; a map's values are `reasons{}`. */
  readonly name: string;
  /** The JSON pointer, `*` for every item. */
  readonly pointer: string;
  readonly type: string;
  /** `1 to 128 characters`, or ''. */
  readonly limits: string;
  readonly required: boolean;
  readonly description: string;
}

/** Every field of an object's schema, the nested ones after what they are in. */
export function fieldsOf(schema: Schema, name = '', pointer = ''): Field[] {
  const required = new Set(requiredOf(schema));
  return propertiesOf(schema).flatMap(([key, value]) => {
    const at = { name: name === '' ? key : `${name}.${key}`, pointer: pointer + step(key) };
    const description = typeof value.description === 'string' ? value.description : '';
    return [
      { ...at, type: typeText(value), limits: limitsText(value), required: required.has(key), description },
      ...inside(value, at.name, at.pointer),
    ];
  });
}

function inside(schema: Schema, name: string, pointer: string): Field[] {
  if (isSchema(schema.items)) return inside(schema.items, `${name}[]`, `${pointer}/*`);
  if (isSchema(schema.additionalProperties)) return inside(schema.additionalProperties, `${name}{}`, `${pointer}/*`);
  return fieldsOf(schema, name, pointer);
}

/** `string or null`, `list of string`, `"low" | "high"`. */
export function typeText(schema: Schema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = typesOf(schema).map((type) => {
    if (type === 'array' && isSchema(schema.items)) return `list of ${typeText(schema.items)}`;
    if (type === 'object' && isSchema(schema.additionalProperties))
      return `map to ${typeText(schema.additionalProperties)}`;
    return type;
  });
  return types.join(' or ') || 'any';
}

function limitsText(schema: Schema): string {
  const parts = [
    range(schema.minLength, schema.maxLength, 'character'),
    range(schema.minimum, schema.maximum),
    range(schema.minItems, schema.maxItems, 'item'),
    range(schema.minProperties, schema.maxProperties, 'key'),
    typeof schema.exclusiveMinimum === 'number' ? `more than ${schema.exclusiveMinimum}` : '',
    typeof schema.exclusiveMaximum === 'number' ? `less than ${schema.exclusiveMaximum}` : '',
    typeof schema.multipleOf === 'number' ? `a multiple of ${schema.multipleOf}` : '',
    typeof schema.pattern === 'string' ? `like ${schema.pattern}` : '',
    isSchema(schema.items) ? prefixed('each ', limitsText(schema.items)) : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function range(least: unknown, most: unknown, unit = ''): string {
  const of = (count: unknown) => (unit === '' ? '' : ` ${unit}${count === 1 ? '' : 's'}`);
  if (least !== undefined && most !== undefined) {
    return least === most ? `${least}${of(least)}` : `${least} to ${most}${of(most)}`;
  }
  if (most !== undefined) return `at most ${most}${of(most)}`;
  return least === undefined ? '' : `at least ${least}${of(least)}`;
}

function prefixed(prefix: string, text: string): string {
  return text === '' ? '' : prefix + text;
}
