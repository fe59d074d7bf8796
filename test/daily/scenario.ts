import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import type { Client } from '../helpers/daemon.ts';
import { type ClientEvent, type ClientPage, openClient } from './client-page.ts';
import type { Recorder } from './recorder.ts';

export interface Scene {
  readonly roomd: Client;
  readonly browser: Browser;
  /** Of the room; its last part is its name. */
  readonly url: string;
  /** Asks Daily's REST; resolves with the answer, whatever its status. */
  readonly rest: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;
  readonly recorder: Recorder;
  /** Absent: from Daily. */
  readonly bundles?: string;
}

const PERSON = 'Ada';
const nameOf = (url: string) => new URL(url).pathname.slice(1);

/**
 * A bot and a person in one room: they hear each other, the bot is thrown out, comes again and leaves; and what Daily
 * says to somebody who may not come in. The same for a real account and for the stand-ins.
 */
export async function playScenario(scene: Scene): Promise<void> {
  const { roomd, url, rest, recorder } = scene;
  const room = nameOf(url);
  await roomd.spawn('live', { connector: 'daily', options: { room } });
  await roomd.until('live', 'assistant.room.join.succeeded');
  const person = await client(scene);
  const people = await person.join({ url, token: await token(scene), userName: PERSON });
  const bot = Object.values(people).find(({ user_id: userId }) => userId.startsWith('roomd-'));
  if (bot === undefined) throw new Error('expected the bot among the participants');

  await roomd.until('live', 'room.participant.joined', ({ payload }) => payload.name === PERSON);
  await talk(scene, person);
  recorder.note('rest', await rest('GET', `/rooms/${room}/presence`));

  recorder.note('rest', await rest('POST', `/rooms/${room}/eject`, { ids: [bot.session_id] }));
  await person.until('participant-left', left(bot.session_id));
  expect((await roomd.over('live')).stop?.reason).toBe('ejected');

  await roomd.spawn('again', { connector: 'daily', options: { room } });
  await roomd.until('again', 'assistant.room.join.succeeded');
  const { participant } = await person.until(
    'participant-joined',
    ({ participant }) =>
      participant?.user_id.startsWith('roomd-') === true && participant.session_id !== bot.session_id,
  );
  await roomd.stop('again');
  await person.until('participant-left', left(participant?.session_id));
  expect((await roomd.over('again')).stop?.reason).toBe('requested');

  await person.leave();
  await person.until('left-meeting');
  await strangers(scene);
  for (const { envelope } of await roomd.history()) {
    if (/^(assistant|room|supervisor\.room)\./.test(envelope.topic)) recorder.note('roomd', envelope);
  }
}

/** Messages both ways, a command, and data of another application. */
async function talk({ roomd }: Scene, person: ClientPage): Promise<void> {
  const chat = (message: string) => ({
    event: 'chat-msg',
    name: PERSON,
    message,
    date: new Date(0).toISOString(),
    room: 'main-room',
  });
  await person.send(chat('@bot who is here'));
  const heard = await roomd.until('live', 'room.message.received');
  expect(heard.payload.text).toBe('@bot who is here');
  await person.until('app-message', ({ data }) => isChat(data, /Ada, and I/));
  await person.send({ roomd: { command: 'summary.show', args: { minutes: 5 } } });
  const asked = await roomd.until('live', 'room.command.received');
  expect(asked.payload).toMatchObject({ command: 'summary.show', participantId: heard.payload.participantId });
  await person.send({ slide: 7 });
  expect((await roomd.until('live', 'room.app_message.received')).payload.data).toBe('{"slide":7}');
  await roomd.post('/v1/rooms/live/commands', { type: 'app_message', text: 'Grüße an alle 👋' });
  await person.until('app-message', ({ data }) => isChat(data, /^Grüße an alle 👋$/));
}

/** Those who should be refused: by a room that isn't there, a token that is none, and one whose time is over. */
async function strangers(scene: Scene): Promise<void> {
  const { url, recorder } = scene;
  const tries = [
    { url: `${url}-that-is-not-there`, token: undefined },
    { url, token: 'not-a-token' },
    { url, token: await token(scene, { exp: 1_600_000_000 }) },
  ];
  for (const attempt of tries) {
    const stranger = await client(scene);
    // What Daily does is written down, whatever it is; what the stand-ins do, recorder.test.ts looks at.
    const outcome = await stranger.join(attempt).then(
      () => stranger.leave(),
      (error: Error) => error.message,
    );
    recorder.note('event', { action: 'join', outcome: outcome ?? 'joined' });
  }
}

async function client({ browser, bundles, recorder }: Scene): Promise<ClientPage> {
  return openClient(browser, { bundles, onSaid: (by, said) => recorder.note(by, said) });
}

async function token({ rest, url, recorder }: Scene, more: object = {}): Promise<string> {
  const properties = { room_name: nameOf(url), user_name: PERSON, ...more };
  const { status, body } = await rest('POST', '/meeting-tokens', { properties });
  recorder.note('rest', { asked: 'POST /meeting-tokens', status, body });
  const made = (body as { token?: unknown }).token;
  if (typeof made !== 'string') throw new Error(`expected a meeting token, got status ${status}`);
  return made;
}

const left =
  (sessionId: string | undefined) =>
  ({ participant }: ClientEvent): boolean =>
    sessionId !== undefined && participant?.session_id === sessionId;

const isChat = (data: unknown, pattern: RegExp): boolean =>
  typeof data === 'object' && data !== null && 'message' in data && pattern.test(String(data.message));
