import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Line {
  readonly position?: string;
  readonly envelope?: Seen;
}

/** What the scripts look at of an envelope. */
export interface Seen {
  readonly roomId: string;
  readonly topic: string;
  readonly runtime: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly meta: { readonly runId: string; readonly seq: number; readonly attempt?: number };
}

/** Calls one daemon over connections that stay open, with little of its own on top. */
export class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(this.#url + path, { method, headers, agent: this.#agent });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  /** Throws when the answer is no success. */
  async json<T>(path: string, method = 'GET'): Promise<T> {
    const { status, text } = await this.call(method, path);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Starts a room, as often as it takes: while the daemon is full it says when to ask again. */
  async spawn(roomId: string, more: Record<string, unknown> = {}): Promise<{ sentAt: number; refusals: number }> {
    for (let refusals = 0; ; refusals++) {
      const sentAt = performance.now();
      const { status, headers, text } = await this.call('POST', '/v1/rooms', { roomId, ...more });
      if (status === 201) return { sentAt, refusals };
      if (status !== 503) throw new Error(`POST /v1/rooms ${roomId}: expected 201 or 503, got ${status} ${text}`);
      await sleep(Number(headers['retry-after']) * 1_000);
    }
  }

  /** Begins to stop a room. */
  async stop(roomId: string): Promise<void> {
    const { status, text } = await this.call('DELETE', `/v1/rooms/${roomId}`);
    if (status !== 202) throw new Error(`DELETE /v1/rooms/${roomId}: ${status} ${text}`);
  }

  /** Calls back for each line of a live stream; resolves when it is open, with the way to end it. */
  async listen(path: string, onLine: (line: Line) => void): Promise<() => void> {
    const headers = { accept: 'application/x-ndjson' };
    const sent = request(this.#url + path, { headers, agent: false });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode}`);
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(JSON.parse(line) as Line);
    });
    // Cut by whoever ends it, or by the end of the daemon.
    response.on('error', () => {});
    return () => response.destroy();
  }

  /** Closes the connections that were kept open. */
  close(): void {
    this.#agent.destroy();
  }
}
