import { CliError, type Io } from './io.ts';
import { humanDuration } from './text.ts';

const DEFAULT_URL = 'http://127.0.0.1:7070';

/** A refusal that the daemon explained; `status` is that of HTTP. */
export class RefusedError extends CliError {
  override name = 'RefusedError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Nobody answers at the address, or the connection broke. */
export class UnreachableError extends CliError {
  override name = 'UnreachableError';
}

/** A refusal that asking again won't change. */
export function isFinal(error: unknown): boolean {
  return error instanceof RefusedError && error.status < 500 && error.status !== 429;
}

export interface Client {
  readonly url: string;
  /** The parsed answer. Throws a CliError that says what went wrong and what to do. */
  json(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The answer once its headers have come. */
  open(path: string, headers: Readonly<Record<string, string>>): Promise<Response>;
  /** The parsed answer to a body that is sent as it comes. */
  upload(method: string, path: string, type: string, body: ReadableStream): Promise<unknown>;
}

/** Talks to the daemon at ROOMD_URL with ROOMD_TOKEN. */
export function createClient({ env, signal }: Io): Client {
  const url = baseUrl(env.ROOMD_URL);
  const authorization: Record<string, string> = env.ROOMD_TOKEN ? { authorization: `Bearer ${env.ROOMD_TOKEN}` } : {};

  async function request(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...authorization, ...(init.headers as Record<string, string>) };
    let response: Response;
    try {
      response = await fetch(url + path, { ...init, headers, signal });
    } catch (error) {
      throw signal.aborted ? error : unreachable(url, error);
    }
    if (!response.ok) throw await refusal(url, response, env.ROOMD_TOKEN);
    return response;
  }

  async function parsed(response: Response): Promise<unknown> {
    const text = await response.text().catch((error: unknown) => {
      throw signal.aborted ? error : unreachable(url, error);
    });
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new CliError(`expected roomd at ${url}, got an answer that is not JSON: is ROOMD_URL right?`);
    }
  }

  return {
    url,
    async json(method, path, body) {
      const payload = body === undefined ? {} : { body: JSON.stringify(body) };
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      return parsed(await request(path, { method, ...payload, headers: { accept: 'application/json', ...type } }));
    },
    async upload(method, path, type, body) {
      const headers = { accept: 'application/json', 'content-type': type };
      return parsed(await request(path, { method, headers, body, duplex: 'half' }));
    },
    open: (path, headers) => request(path, { headers }),
  };
}

function baseUrl(text = ''): string {
  if (text === '') return DEFAULT_URL;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new CliError(`expected ROOMD_URL to be an address such as ${DEFAULT_URL}, got "${text}"`, 2);
}

function unreachable(url: string, error: unknown): UnreachableError {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') {
    return new UnreachableError(
      `no roomd at ${url}; start one with \`roomd serve\`, or set ROOMD_URL to where it runs`,
    );
  }
  return new UnreachableError(`no answer from ${url} (${code ?? message}); is ROOMD_URL right, and roomd running?`);
}

async function refusal(url: string, response: Response, token: string | undefined): Promise<RefusedError> {
  const { status } = response;
  const problem = (await response.json().catch(() => ({}))) as { title?: unknown; detail?: unknown };
  if (typeof problem.title !== 'string') {
    return new RefusedError(status, `expected roomd at ${url}, got HTTP ${status}: is ROOMD_URL right?`);
  }
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const later = Number.isFinite(seconds) ? `; try again in ${humanDuration(seconds * 1_000)}` : '';
  const hint = status === 401 ? `; ${token ? 'check' : 'set'} ROOMD_TOKEN` : later;
  return new RefusedError(status, `${problem.title}: ${String(problem.detail)}${hint}`);
}
