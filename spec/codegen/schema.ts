/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The types that a schema names; empty when it names none. */
export function typesOf({ type }: Schema): string[] {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.map(String) : [];
}

/** What the author named: properties and their schemas. */
export function propertiesOf({ properties }: Schema): [string, Schema][] {
  return isSchema(properties)
    ? Object.entries(properties).filter((entry): entry is [string, Schema] => isSchema(entry[1]))
    : [];
}

export function requiredOf({ required }: Schema): string[] {
  return Array.isArray(required) ? required.map(String) : [];
}

/** One step of a JSON pointer, escaped. */
export function step(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** What can't be expressed in every language that types are made for. `at` is a JSON pointer into the schema. */
export interface Fault {
  readonly at: string;
  readonly found: string;
  readonly instead: string;
}
