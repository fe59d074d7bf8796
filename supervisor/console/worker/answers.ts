import type { OwnPlace } from './place.ts';
import type { Answers, FromWorker, Refusal, ToWorker } from './protocol.ts';
import type { Store } from './store.ts';

type Asked = Extract<ToWorker, { request: number }>;
type Parts = { readonly store: Store; readonly place: OwnPlace };

/** What the page has asked → the message with its answer. Never rejects. */
export async function answer(asked: Asked, parts: Parts): Promise<FromWorker> {
  const { request } = asked;
  try {
    return { type: 'answer', request, ok: true, value: await resultOf(asked, parts) };
  } catch (error) {
    return { type: 'answer', request, ok: false, refusal: refusalOf(error) };
  }
}

function resultOf(asked: Asked, { store, place }: Parts): Answers[keyof Answers] | Promise<Answers[keyof Answers]> {
  switch (asked.type) {
    case 'rows':
      return store.rows(asked.from, asked.count);
    case 'newest':
      return store.newest(asked.topic, asked.count);
    case 'find':
      return store.find(asked.id);
    case 'envelope': {
      const json = store.json(asked.position);
      if (json === undefined) throw gone();
      return { json };
    }
    case 'enter':
      return place.enter(asked.room, asked.name, asked.seat);
    case 'act':
      return place.act(asked.act);
  }
}

function gone(): Refusal {
  return { title: 'No longer here', detail: 'This page has let the event go, to make room for newer ones.' };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Error) return { title: 'Something went wrong', detail: error.message };
  return error as Refusal;
}
