import { signal } from '@preact/signals';
import type {
  Answers,
  ChartName,
  ChatState,
  FromWorker,
  LinkState,
  Refusal,
  Series,
  ToWorker,
} from './worker/protocol.ts';

type Timeline = Omit<Extract<FromWorker, { type: 'timeline' }>, 'type'>;
type Asking = { [K in keyof Answers]: Extract<ToWorker, { type: K }> };

export const link = signal<{ state: LinkState; refusal?: Refusal }>({ state: 'connecting' });
export const timeline = signal<Timeline>({
  version: 0,
  first: 0,
  count: 0,
  tail: { from: 0, rows: [] },
  kept: 0,
  waiting: 0,
  missing: false,
  trimmed: false,
  caughtUp: false,
  rate: 0,
});
/** The topics of what the worker keeps. */
export const topicsSeen = signal<readonly string[]>([]);
export const charts = signal<Partial<Record<ChartName, Series>>>({});
export const chat = signal<ChatState>({
  participants: [],
  names: {},
  messages: [],
  typing: [],
  self: null,
  ended: false,
});
/** The last thing that has stirred a room. */
export const stirred = signal<{ roomId: string; topic: string } | null>(null);

const worker = new Worker(WORKER_URL, { type: 'module', name: 'roomd' });
const asked = new Map<number, { resolve: (value: never) => void; reject: (refusal: Refusal) => void }>();
let requests = 0;
/** Why the worker is there no more; undefined: it is. */
let broken: Refusal | undefined;

worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  switch (data.type) {
    case 'link':
      link.value = data;
      break;
    case 'timeline':
      timeline.value = data;
      break;
    case 'seen':
      topicsSeen.value = data.topics;
      break;
    case 'chart':
      charts.value = { ...charts.value, [data.name]: data.series };
      break;
    case 'chat':
      chat.value = data.chat;
      break;
    case 'stirred':
      stirred.value = data;
      break;
    case 'answer': {
      const waiting = asked.get(data.request);
      asked.delete(data.request);
      if (data.ok) waiting?.resolve(data.value as never);
      else waiting?.reject(data.refusal);
    }
  }
};

worker.onerror = fail;
worker.onmessageerror = fail;

/** What the worker knows may be wrong now, so that it is done with. */
function fail(event: Event): void {
  worker.terminate();
  // For the browser's console.
  reportError(new Error(`the page's worker has failed: ${event instanceof ErrorEvent ? event.message : event.type}`));
  broken = { title: 'This page has failed', detail: 'No more events come. Reload this page.' };
  link.value = { state: 'down', refusal: broken };
  for (const { reject } of asked.values()) reject(broken);
  asked.clear();
}

/** Tells the worker something that has no answer. */
export function tell(message: Exclude<ToWorker, { request: number }>): void {
  worker.postMessage(message);
}

/** Asks the worker; rejects with a Refusal. */
export function ask<K extends keyof Answers>(message: Omit<Asking[K], 'request'> & { type: K }): Promise<Answers[K]> {
  const request = ++requests;
  return new Promise((resolve, reject) => {
    if (broken !== undefined) return reject(broken);
    asked.set(request, { resolve, reject });
    worker.postMessage({ ...message, request });
  });
}
