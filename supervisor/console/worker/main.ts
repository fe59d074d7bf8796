import type { Envelope } from '../../../spec/envelope.ts';
import specVersion from '../../../spec/generated/spec-version.json' with { type: 'json' };
import { Bus } from '../../../spec/runtime/bus.ts';
import { systemClock as clock } from '../../../spec/runtime/clock.ts';
import { answer } from './answers.ts';
import { Chat } from './chat.ts';
import type { Sent } from './decoder.ts';
import { OwnPlace } from './place.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { pulse, Rate } from './pulse.ts';
import { Charts } from './series.ts';
import { Store } from './store.ts';
import { Stream } from './stream.ts';
import { Summaries } from './summary.ts';

const LIST_MS = 100;
/** Nobody sees a chart change more often, and making one takes longer. */
const CHART_MS = 500;
const TYPING_OVER_MS = 6_500;

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker): void;
};
const post = (message: FromWorker) => scope.postMessage(message);

/** Events come from the stream and are handed to everybody here over the bus; nobody here publishes any. */
const bus = new Bus({ ...specVersion, clock, runtime: 'browser', newId: () => '', replay: 0 });
const store = new Store(clock, () => listChanged());
const summaries = new Summaries();
const rate = new Rate(clock);
const charts = new Charts(bus);
const chat = new Chat(bus, clock);
const stream = new Stream(self.location.origin, clock, {
  link: (state, refusal) => {
    post({ type: 'link', state, ...(refusal && { refusal }) });
    if (state === 'live') void place.again().then(chatChanged);
  },
  event: receive,
  missing: () => {
    store.add({
      row: { position: '', ts: clock.now(), topic: '', roomId: '', summary: '', tone: 'warn' },
      id: '',
      json: '',
    });
    listChanged();
  },
  anew: forget,
  left: () => {
    place.forget();
    chat.end();
    chatChanged();
  },
  caughtUp: () => {
    caughtUp = true;
    listChanged();
  },
});
const place = new OwnPlace(stream, chat);

/** The text and the place of the event that is on the bus at the moment: it knows envelopes alone. */
let sent: Sent = { position: '', json: '' };
let token: string | null | undefined;
let room: string | null | undefined;
let caughtUp = false;
const topics = new Set<string>();

bus.subscribe('**', (envelope) => {
  store.add({ row: summaries.row(sent.position, envelope), id: envelope.id, json: sent.json });
  if (caughtUp) rate.add();
  if (!topics.has(envelope.topic)) {
    topics.add(envelope.topic);
    post({ type: 'seen', topics: [...topics].sort() });
  }
});
for (const pattern of ['supervisor.**', 'conversation.policy.loaded', 'assistant.session.*', 'forwarding.**']) {
  bus.subscribe(pattern, ({ roomId = '', topic }) => {
    if (caughtUp) post({ type: 'stirred', roomId, topic });
  });
}

// Nobody says that they have stopped writing: the chat finds out, and is asked.
bus.subscribe('room.typing.started', () => void clock.after(TYPING_OVER_MS, () => chatChanged()));

const listChanged = pulse(clock, LIST_MS, () => {
  const { perSecond } = rate;
  post({ type: 'timeline', ...store.view(), caughtUp, rate: perSecond });
  if (perSecond > 0) clock.after(1_000, listChanged);
});
const chatChanged = pulse(clock, LIST_MS, () => {
  const state = chat.take();
  if (state !== undefined) post({ type: 'chat', chat: state });
});
const chartsChanged = pulse(clock, CHART_MS, () => {
  for (const { name, series } of charts.take()) post({ type: 'chart', name, series });
});

function receive(next: Sent): void {
  sent = next;
  bus.receive(JSON.parse(next.json) as Envelope);
  changed();
}

function changed(): void {
  listChanged();
  chatChanged();
  chartsChanged();
}

function forget(): void {
  caughtUp = false;
  store.reset();
  summaries.reset();
  rate.reset();
  charts.reset();
  chat.reset();
  topics.clear();
  changed();
}

/** As soon as it is known what to watch and as whom. */
function open(): void {
  if (token === undefined || room === undefined) return;
  forget();
  stream.open(token, room);
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'connect':
      token = data.token;
      // The place is of whoever was signed in.
      place.forget();
      return open();
    case 'watch':
      if (data.room === room) return;
      room = data.room;
      // Who comes back soon finds the place still taken.
      place.forget();
      return open();
    case 'filter':
      return store.filter(data.filter);
    case 'pause':
      store.pause(data.paused);
      return listChanged();
    case 'leave':
      void place.leave().then(chatChanged);
      return;
    default:
      void answer(data, { store, place }).then((message) => {
        post(message);
        chatChanged();
      });
  }
};
