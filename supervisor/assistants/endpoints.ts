import { addressProblem } from '../base/addresses.ts';
import { type Answer, NoAnswer, type Question } from './answer.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** As configured; see `assistants` in the configuration. */
export interface EndpointsConfig {
  readonly graphql?:
    | { readonly url: string; readonly tokenEnv?: string | undefined; readonly query: string }
    | undefined;
  /** The url has `{id}` in it. */
  readonly rest?: { readonly url: string; readonly tokenEnv?: string | undefined } | undefined;
}

/** Assistants can't be asked for as configured. */
export class AssistantsError extends Error {
  override name = 'AssistantsError';
}

/** One place that knows assistants. */
export interface Endpoint {
  /** For people: its kind, origin and path. */
  readonly name: string;
  question(assistantId: string, timeout: number): Question;
  /** The record as it came; undefined: it says that there is none. Throws a NoAnswer for what says neither. */
  recordIn(answer: Answer): unknown;
}

/** In the order in which they are asked. Throws an AssistantsError when one can't be; it never shows a token. */
export function endpointsOf({ graphql, rest }: EndpointsConfig, env: Env): Endpoint[] {
  return [
    ...(graphql ? [graphqlEndpoint(graphql, tokenOf('graphql', graphql, env))] : []),
    ...(rest ? [restEndpoint(rest, tokenOf('rest', rest, env))] : []),
  ];
}

function graphqlEndpoint({ url, query }: { url: string; query: string }, token: string | undefined): Endpoint {
  return {
    name: `GraphQL at ${shown(url)}`,
    question: (id, timeout) => ({
      url,
      init: {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { id } }),
      },
      token,
      timeout,
    }),
    recordIn(answer) {
      if (answer.status !== 200) throw new NoAnswer(`expected HTTP 200, got ${answer.status}`);
      const { data, errors } = objectOf(answer.value);
      if (Array.isArray(errors) && errors.length > 0) {
        // What servers say that don't like a plain null.
        if (errors.every((error) => objectOf(objectOf(error).extensions).code === 'NOT_FOUND')) return undefined;
        throw new NoAnswer(`expected data, got ${errors.length === 1 ? 'an error' : `${errors.length} errors`}`);
      }
      const { assistant } = objectOf(data);
      if (assistant === undefined) throw new NoAnswer('expected data.assistant, got none');
      return assistant ?? undefined;
    },
  };
}

function restEndpoint({ url }: { url: string }, token: string | undefined): Endpoint {
  return {
    name: `REST at ${shown(url)}`,
    question: (id, timeout) => ({
      url: url.replaceAll('{id}', encodeURIComponent(id)),
      init: { method: 'GET' },
      token,
      timeout,
    }),
    recordIn(answer) {
      if (answer.status !== 200) return undefined;
      if (answer.value === null) throw new NoAnswer('expected a record or HTTP 404, got null');
      return answer.value;
    },
  };
}

function tokenOf(
  kind: string,
  { url, tokenEnv }: { url: string; tokenEnv?: string | undefined },
  env: Env,
): string | undefined {
  const problem = addressProblem(url.replaceAll('{id}', 'id'), { hasToken: tokenEnv !== undefined });
  if (problem !== undefined) throw new AssistantsError(`assistants.${kind}.url: ${problem}`);
  if (tokenEnv === undefined) return undefined;
  const token = env[tokenEnv];
  if (token === undefined || !/^[\x21-\x7e]{1,8192}$/.test(token)) {
    const got = token === undefined || token === '' ? 'none' : 'something else';
    throw new AssistantsError(
      `assistants.${kind}: expected the token in the variable ${tokenEnv}, of visible ASCII, got ${got}`,
    );
  }
  return token;
}

/** A query may be a secret. */
function shown(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
