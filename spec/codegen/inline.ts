import { PROSE } from '../version.ts';
import { type Fault, isSchema, type Schema, step } from './schema.ts';

/** Keywords whose keys are names of the author's. */
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas']);
/** Keywords that hold values, not schemas. */
const VALUES = new Set(['const', 'enum', 'examples', 'default']);
const LOCAL = /^#\/\$defs\/([^/]+)$/;

/** A schema with each `$ref` to its own `$defs` written out where it stands; faults for every other `$ref`. */
export function inline(root: Schema): { schema: Schema; faults: Fault[] } {
  const faults: Fault[] = [];
  const defs = isSchema(root.$defs) ? root.$defs : {};

  const visit = (node: unknown, at: string, trail: readonly string[]): unknown => {
    if (Array.isArray(node)) return node.map((item, i) => visit(item, `${at}/${i}`, trail));
    if (!isSchema(node)) return node;
    if (typeof node.$ref === 'string') return resolve(node, node.$ref, at, trail);
    const out: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(node)) {
      if (key === '$defs') continue;
      if (VALUES.has(key)) out[key] = value;
      else if (NAMED.has(key) && isSchema(value)) out[key] = visitNamed(value, `${at}/${key}`, trail);
      else out[key] = visit(value, at + step(key), trail);
    }
    return out;
  };

  const visitNamed = (named: Schema, at: string, trail: readonly string[]): Schema =>
    Object.fromEntries(Object.entries(named).map(([name, value]) => [name, visit(value, at + step(name), trail)]));

  const resolve = (node: Schema, ref: string, at: string, trail: readonly string[]): unknown => {
    const fault = (found: string, instead: string) => {
      faults.push({ at: `${at}/$ref`, found, instead });
      return { type: 'null' };
    };
    const name = LOCAL.exec(ref)?.[1];
    if (name === undefined)
      return fault(`$ref ${ref}, out of $defs`, 'a $ref such as #/$defs/NAME, or the schema itself');
    if (trail.includes(name))
      return fault(`$ref ${ref} inside itself`, 'a fixed depth, or ids that point at each other');
    if (!Object.hasOwn(defs, name))
      return fault(`$ref ${ref}, which is not there`, `$defs.${name}, or the schema itself`);
    const beside = Object.keys(node).find((key) => key !== '$ref' && !PROSE.has(key));
    if (beside !== undefined) return fault(`${beside} beside $ref`, `the schema itself, with ${beside}`);
    const { $ref: _, ...prose } = node;
    return { ...(visit(defs[name], at, [...trail, name]) as Schema), ...prose };
  };

  return { schema: visit(root, '', []) as Schema, faults };
}

/** The schema of a descriptor that has passed its check, its `$ref`s written out. */
export function inlined(root: Schema): Schema {
  return inline(root).schema;
}
