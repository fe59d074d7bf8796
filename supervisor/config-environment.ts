import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { readYaml } from './config-yaml.ts';

/** Variables of the same prefix that belong to the command line's client. */
const NOT_SETTINGS = new Set(['ROOMD_URL', 'ROOMD_TOKEN']);

/** `ROOMD_ROOMS_IDLE_TIMEOUT=1m` → `{ rooms: { idleTimeout: '1m' } }`; unknown names and what is no YAML are added to the problems. */
export function environmentLayer(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Record<string, unknown> {
  const paths = new Map(settingPaths(configSchema).map((path) => [variableName(path), path]));
  const layer: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('ROOMD_') || NOT_SETTINGS.has(name) || text === undefined) continue;
    const path = paths.get(name);
    if (path === undefined) {
      problems.push(`${name}: unknown variable; expected ROOMD_ and a setting's path, such as ROOMD_HTTP_PORT`);
      continue;
    }
    const read = readYaml(text);
    if (read.ok) setPath(layer, path, read.value);
    else problems.push(`${name}: expected a YAML value, got ${read.problem}`);
  }
  return layer;
}

function variableName(path: readonly string[]): string {
  const words = path.map((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return `ROOMD_${words.join('_')}`;
}

/** The paths of all settings that are no sections themselves. */
function settingPaths(schema: unknown, at: readonly string[] = []): string[][] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return [[...at]];
  return Object.entries(inner.shape).flatMap(([key, value]) => settingPaths(value, [...at, key]));
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap());
  }
  return schema;
}

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head, ...tail] = path;
  if (head === undefined) return;
  if (tail.length === 0) {
    target[head] = value;
    return;
  }
  target[head] ??= {};
  setPath(target[head] as Record<string, unknown>, tail, value);
}
