import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { isAddress } from './base/addresses.ts';
import { plainIssues } from './base/zod-issues.ts';
import { environmentLayer } from './config-environment.ts';
import { type Config, type ConfigInput, configSchema } from './config-schema.ts';
import { readYaml } from './config-yaml.ts';

export type { Config } from './config-schema.ts';

/** Every fault of the configuration at once. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export interface ConfigSources {
  /** The file that was asked for; it has to exist. Without it `roomd.yaml` is read if it is there. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** From the command line; wins over everything. */
  readonly flags?: ConfigInput;
}

const DEFAULT_FILE = 'roomd.yaml';

/** File, then `ROOMD_*` variables, then flags → a frozen Config. Throws a ConfigError that lists all faults. */
export function loadConfig({ file, env, cwd, flags = {} }: ConfigSources): Config {
  const problems: string[] = [];
  const path = resolve(cwd, file ?? DEFAULT_FILE);
  const fromFile = readFileLayer(path, file !== undefined, problems);
  const fromEnv = environmentLayer(env, problems);
  const merged = merge(merge(fromFile, fromEnv), flags as Record<string, unknown>);
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) problems.push(...plainIssues(parsed.error.issues).flatMap(describeIssue));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(resolvePaths(parsed.data, dirname(path), cwd, fromFile));
}

/** The JSON Schema (2020-12) of the configuration file. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
}

function readFileLayer(path: string, required: boolean, problems: string[]): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (required || (error as NodeJS.ErrnoException).code !== 'ENOENT') {
      problems.push(`${path} can't be read: ${(error as Error).message}`);
    }
    return {};
  }
  const read = readYaml(text);
  if (!read.ok) {
    problems.push(`${path} is not YAML: ${read.problem}`);
    return {};
  }
  const value = read.value ?? {};
  if (isObject(value)) return value;
  problems.push(`${path}: expected keys and values, got ${Array.isArray(value) ? 'a list' : typeof value}`);
  return {};
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? key : `${path}.${key}`}: unknown key`);
  }
  return [`${path === '' ? 'configuration' : path}: ${issue.message}`];
}

/** Paths in the file are relative to the file, all others to the working folder. */
function resolvePaths(config: Config, fileFolder: string, cwd: string, fromFile: Record<string, unknown>): Config {
  const base = (...path: string[]) => (has(fromFile, path) ? fileFolder : cwd);
  const { transcript, daily } = config.connectors;
  const { browser, webhooks } = daily;
  const under = (...path: string[]) => base('connectors', 'daily', ...path);
  return {
    ...config,
    data: resolve(base('data'), config.data),
    policy: {
      ...config.policy,
      layers: config.policy.layers.map((layer) => {
        return typeof layer !== 'string' || isAddress(layer) ? layer : resolve(base('policy', 'layers'), layer);
      }),
    },
    spec: { topics: config.spec.topics.map((folder) => resolve(base('spec', 'topics'), folder)) },
    connectors: {
      ...config.connectors,
      transcript: { folder: resolve(base('connectors', 'transcript', 'folder'), transcript.folder) },
      daily: {
        ...daily,
        browser: {
          ...browser,
          path: browser.path === undefined ? undefined : resolve(under('browser', 'path'), browser.path),
        },
        webhooks: {
          ...webhooks,
          rules: webhooks.rules.map((rule) => ({
            ...rule,
            policy: rule.policy === undefined ? undefined : resolve(under('webhooks', 'rules'), rule.policy),
          })),
        },
      },
    },
  };
}

function has(value: unknown, path: readonly string[]): boolean {
  const [head, ...tail] = path;
  if (head === undefined) return true;
  return isObject(value) && head in value && has(value[head], tail);
}

function merge(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = out[key];
    out[key] = isObject(value) && isObject(below) ? merge(below, value) : value;
  }
  return out;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
