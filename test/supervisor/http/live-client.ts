import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { onTestFinished } from 'vitest';

/** Reads a stream one item at a time. */
export interface Reader<T> {
  readonly response: Response;
  next(): Promise<T>;
  /** All that is left, until the server ends the stream. */
  rest(): Promise<T[]>;
  leave(): void;
}

export type Frame = EventSourceMessage | { comment: string };

/** Server-Sent Events, comments included. */
export function openSse(url: string, headers: Record<string, string> = {}): Promise<Reader<Frame>> {
  return open<Frame>(url, { accept: 'text/event-stream', ...headers }, (emit) => {
    const parser = createParser({ onEvent: emit, onComment: (comment) => emit({ comment: comment.trim() }) });
    return (text) => parser.feed(text);
  });
}

/** Newline-delimited JSON. */
export function openNdjson(
  url: string,
  headers: Record<string, string> = {},
): Promise<Reader<Record<string, unknown>>> {
  return open<Record<string, unknown>>(url, { accept: 'application/x-ndjson', ...headers }, (emit) => {
    let rest = '';
    return (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) emit(JSON.parse(line) as Record<string, unknown>);
    };
  });
}

async function open<T>(
  url: string,
  headers: Record<string, string>,
  parser: (emit: (item: T) => void) => (text: string) => void,
): Promise<Reader<T>> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(url, { headers, signal: abort.signal });
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const queue: T[] = [];
  const feed = parser((item) => queue.push(item));
  const pull = async (): Promise<T | undefined> => {
    while (queue.length === 0) {
      const { done, value } = await chunks.read();
      if (done) return undefined;
      feed(value);
    }
    return queue.shift();
  };
  return {
    response,
    async next() {
      const item = await pull();
      if (item === undefined) throw new Error('the stream ended');
      return item;
    },
    async rest() {
      const items: T[] = [];
      for (let item = await pull(); item !== undefined; item = await pull()) items.push(item);
      return items;
    },
    leave: () => abort.abort(),
  };
}
