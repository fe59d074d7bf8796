/**
 * Rooms for the unmodified Daily client without Daily: a call machine of our own for its pages (`machine/`), and this hub
 * behind it, on a port of 127.0.0.1. It proves our use of the client, not Daily's servers: what these do is here as far as
 * the client's types and its code tell, and as tests want it.
 *
 * A page needs no more than `bundles`, as the client's `dailyConfig.bundlePathOverride`, and `url(room)`, to which no
 * request goes: what the machine asks goes to the hub. Requests to other hosts (the client reports some failures to its
 * maker) are the test's to block. What tests do to those who are in:
 *
 *     const standIn = await startStandIn();            // standIn.bundles, standIn.url('r')
 *     const anna = standIn.room('r').enter('Anna');    // a person without a page: chat, send, speak, transcribe, leave
 *     const bot = await standIn.room('r').member('Bot');   // a page that has joined by that name
 *     bot.eject(); bot.fail('exp-token'); bot.cutNetwork(); bot.restoreNetwork(); standIn.room('r').expire();
 *     standIn.admit = () => ({ refused: 'meeting-full' });  // who comes in; a token's claims decide else
 *     standIn.bundle = 404;                                 // what the client gets when it asks for its machine
 *     await standIn.close();
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { type Admission, type Asked, admitByToken } from './admission.ts';
import { ANY_ORIGIN, BUNDLE, type BundleAnswer, Bundles, machineBundle } from './bundle.ts';
import { Member } from './member.ts';
import { fatal } from './messages.ts';
import { Room } from './room.ts';

export { type Admission, type Asked, admitByToken, meetingToken } from './admission.ts';
export type { Member } from './member.ts';
export { FATAL, MAX_APP_MESSAGE_BYTES, type MachineMessage } from './messages.ts';
export type { Person } from './person.ts';
export type { Room } from './room.ts';

export interface StandIn {
  readonly bundles: string;
  url(room: string): string;
  /** Made when first asked for, or joined. */
  room(name: string): Room;
  /** Who comes in, and as whom. */
  admit: (asked: Asked) => Admission;
  /** What a request for the machine's script gets: it, an HTTP status, or no answer until this is set again. */
  bundle: BundleAnswer;
  /** How often it was asked for. */
  readonly bundleRequests: number;
  /** Resolves when it was asked for that often. */
  bundleAsked(times: number): Promise<void>;
  close(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const bundles = new Bundles(await machineBundle());
  const rooms = new Map<string, Room>();
  const http = createServer(({ url }, response) => {
    if (url !== `/bundles/${BUNDLE}`) {
      response.writeHead(404, ANY_ORIGIN).end();
      return;
    }
    bundles.ask(response);
  });
  const hub = new Server(http, { cors: { origin: '*' }, serveClient: false, transports: ['websocket'] });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  const { port } = http.address() as AddressInfo;
  const standIn: StandIn = {
    bundles: `http://127.0.0.1:${port}/bundles`,
    url: (room) => `https://stand-in.daily.co/${room}`,
    room: (name) => {
      const room = rooms.get(name) ?? new Room(name);
      rooms.set(name, room);
      return room;
    },
    admit: admitByToken,
    get bundle() {
      return bundles.answer;
    },
    set bundle(answer) {
      bundles.answer = answer;
    },
    get bundleRequests() {
      return bundles.requests;
    },
    bundleAsked: (times) => bundles.asked(times),
    close: async () => {
      http.closeAllConnections();
      await hub.close();
    },
  };
  hub.on('connection', (socket) => welcome(socket, standIn));
  return standIn;
}

/** A machine that wants to join. */
function welcome(socket: Socket, standIn: StandIn): void {
  const { url, token, userName } = socket.handshake.auth as Partial<Record<string, string>>;
  const name = decodeURIComponent(
    URL.parse(url ?? '')
      ?.pathname.split('/')
      .at(-1) ?? '',
  );
  const admission = standIn.admit({ room: name, url: url ?? '', token, userName });
  if ('silent' in admission) return;
  if ('rejected' in admission) {
    socket.emit('rejected', admission.rejected);
    return;
  }
  if ('refused' in admission) {
    socket.emit('machine', fatal(admission.refused, admission.message));
    socket.emit('machine', { action: 'left-meeting' });
    socket.emit('over');
    return;
  }
  const sessionId = randomUUID();
  const room = standIn.room(name);
  const member = new Member(
    room,
    {
      sessionId,
      userId: admission.userId ?? sessionId,
      userName: admission.userName ?? '',
      owner: admission.owner ?? false,
      token,
    },
    (message) => socket.emit('machine', message),
    () => socket.emit('over'),
  );
  socket.on('app', (data, to) => member.send(data, to));
  socket.on('rename', (userName) => member.rename(userName));
  socket.on('disconnect', () => room.remove(member));
  room.add(member);
}
