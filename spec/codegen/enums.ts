import { type Fault, type Schema, typesOf } from './schema.ts';

/** What is wrong with the values that a schema lists: they have to be of one scalar type. */
export function enumFaults(node: Schema, at: string, faults: Fault[]): void {
  const fault = (keyword: string, found: string, instead: string) =>
    faults.push({ at: `${at}/${keyword}`, found, instead });
  if (node.const !== undefined && scalar(node.const) === undefined) {
    fault('const', `a constant ${kind(node.const)}`, 'a string, a whole number, true or false');
  }
  if (node.enum === undefined) return;
  const values = Array.isArray(node.enum) ? node.enum : [];
  const declared = typesOf(node);
  const nullable = declared.includes('null');
  const odd = values.find((value) => value !== null && scalar(value) === undefined);
  const types = new Set(values.filter((value) => value !== null).map(scalar));
  if (values.length === 0) fault('enum', 'no values', 'the values that there are');
  else if (odd !== undefined) fault('enum', `a ${kind(odd)}`, 'strings, or whole numbers');
  else if (types.size > 1) fault('enum', [...types].join(' and '), 'values of one type');
  else if (values.includes(null) && !nullable) fault('enum', 'null', '"type": ["TYPE", "null"] with it');
}

/** The type of a value that can be listed, in words of JSON Schema. */
function scalar(value: unknown): 'string' | 'integer' | 'boolean' | undefined {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return Number.isSafeInteger(value) ? 'integer' : undefined;
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? 'number that is no whole one, or too large' : typeof value;
}
