import type { Config } from '../config.ts';
import type { Finding, World } from './api.ts';

const MAX_TEXT = 2_000;
/** Shorter ones are words as others are. */
const MIN_SECRET = 8;
const ALWAYS = ['ROOMD_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'];

/** A finding that is fit to be shown: whatever a check has been told, no secret of ours is in it. */
export function discreet(finding: Finding, secrets: readonly string[]): Finding {
  const hide = (text: string) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text).slice(0, MAX_TEXT);
  const { status, found, todo } = finding;
  return { status, found: hide(found), ...(todo !== undefined && { todo: hide(todo) }) };
}

/** The values of all variables that hold one. */
export function secretsOf(env: World['env'], config: Config | undefined): string[] {
  const names = [...ALWAYS, ...(config === undefined ? [] : namesIn(config))];
  const values = names.flatMap((name) => [env[name] ?? '', env[name]?.trim() ?? '']);
  return [...new Set(values)].filter((value) => value.length >= MIN_SECRET).sort((a, b) => b.length - a.length);
}

function namesIn({ connectors: { daily }, policy, assistants: { graphql, rest } }: Config): string[] {
  const layers = policy.layers.map((layer) => (typeof layer === 'string' ? undefined : layer.tokenEnv));
  const names = [daily.apiKeyEnv, daily.webhooks.secretEnv, graphql?.tokenEnv, rest?.tokenEnv, ...layers];
  return names.filter((name) => name !== undefined);
}
