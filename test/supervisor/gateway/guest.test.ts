import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Act, Gateway, Place } from '../../../supervisor/gateway/api.ts';
import { guest } from '../../helpers/guest.ts';
import { problemOf, roomView, STOPPED, startServer } from '../http/rig.ts';
import { openSocket } from '../http/socket-io-client.ts';
import { bearer, token } from '../http/tokens.ts';

const tokens = [
  token('guest', ['rooms:join'], ['lobby']),
  token('reader', ['events:read']),
  token('looker', ['rooms:read'], ['lobby']),
  token('admin', ['admin']),
];
const ADA = { participantId: 'p-1', name: 'Ada', isBot: false, presence: 'here' } as const;

/** A gateway that lets everybody in, and remembers what they do. */
class FakeGateway implements Gateway {
  readonly acts: Act[] = [];
  readonly lost = Promise.withResolvers<void>();
  readonly over = Promise.withResolvers<void>();
  /** What whoever enters waits for. */
  let: Promise<void> = Promise.resolve();
  readonly asked = Promise.withResolvers<void>();

  async enter(): Promise<Place> {
    this.asked.resolve();
    await this.let;
    return {
      kind: 'place',
      participantId: 'p-1',
      seat: 'seat',
      participants: [ADA],
      over: this.over.promise,
      act: async (act) => {
        this.acts.push(act);
        return { kind: 'done', messageId: 'm-1' };
      },
      leave: async () => {},
      lost: () => this.lost.resolve(),
    };
  }

  async participants() {
    return [ADA];
  }
}

async function serve() {
  const gateway = new FakeGateway();
  const rig = await startServer({ gateway, tokens });
  rig.rooms.add(roomView('lobby'), roomView('over', { stop: STOPPED, state: 'failed' }));
  return { ...rig, gateway };
}

describe('a room', () => {
  it('is entered by whoever may join it, and by nobody else', async () => {
    const { url } = await serve();
    const secrets = { guest: 'secret-guest', reader: 'secret-reader', admin: 'secret-admin' };
    const { entered, tried } = await guest(url, 'lobby', 'Ada', { token: secrets.guest });
    expect(entered).toEqual({ ok: true, participantId: 'p-1', seat: 'seat', participants: [ADA] });
    expect(await tried('leave')).toBe('ok');
    expect(await tried('enter', { room: 'other', name: 'Ada' })).toBe('room-not-allowed');
    for (const secret of [secrets.reader, secrets.admin]) {
      const other = await guest(url, 'lobby', 'Eve', { token: secret });
      expect(other.entered.problem?.type).toBe('urn:roomd:problem:scope-missing');
      expect(await other.tried('say', { text: 'x' })).toBe('not-in-room');
    }
  });

  it('takes acts as they are meant, and refuses what is none', async () => {
    const { url, gateway } = await serve();
    const ada = await guest(url, 'lobby', 'Ada', { token: 'secret-guest' });
    expect(await ada.act('say', { text: 'hi', replyTo: 'm-0' })).toEqual({ ok: true, messageId: 'm-1' });
    await ada.act('typing');
    await ada.act('react', { messageId: 'm-0', emoji: '👍' });
    expect(gateway.acts).toEqual([
      { type: 'say', text: 'hi', replyTo: 'm-0' },
      { type: 'typing' },
      { type: 'react', messageId: 'm-0', emoji: '👍' },
    ]);
    for (const [what, value] of [
      ['say', undefined],
      ['say', { text: 1 }],
      ['say', { text: 'x', type: 'delete' }],
      ['presence', { presence: 'gone' }],
      ['delete', { messageId: '' }],
      ['leave', { now: true }],
      ['constructor', {}],
      ['toString', {}],
    ] as const) {
      expect(await ada.tried(what, value)).toBe('malformed');
    }
    expect(gateway.acts).toHaveLength(3);
  });

  it('is lost with the connection, also with one that goes while it is let in', async () => {
    for (const early of [true, false]) {
      const { url, gateway, streams } = await serve();
      const door = Promise.withResolvers<void>();
      if (early) gateway.let = door.promise;
      const { socket } = openSocket(url, { auth: { token: 'secret-guest' } });
      await once(socket as never, 'connect');
      const entered = socket.emitWithAck('enter', { room: 'lobby', name: 'Ada' }).catch(() => undefined);
      await gateway.asked.promise;
      if (!early) await entered;
      socket.disconnect();
      await streams.until(0);
      door.resolve();
      await gateway.lost.promise;
    }
  });

  it('that has ended is told of', async () => {
    const { url, gateway } = await serve();
    const ada = await guest(url, 'lobby', 'Ada', { token: 'secret-guest' });
    gateway.over.resolve();
    expect(await ada.left).toEqual({ room: 'lobby', reason: 'ended' });
    expect(await ada.tried('say', { text: 'x' })).toBe('not-in-room');
  });

  it('is none where there is no gateway', async () => {
    const { url } = await startServer();
    const { entered } = await guest(url, 'lobby', 'Ada');
    expect(entered.problem?.type).toBe('urn:roomd:problem:not-local');
  });
});

describe('GET /v1/rooms/{roomId}/participants', () => {
  it('is for who looks after rooms, and for who may be in this one', async () => {
    const { get, gateway } = await serve();
    const status = async (name: string, room = 'lobby') =>
      (await get(`/v1/rooms/${room}/participants`, bearer(name))).status;
    expect(await (await get('/v1/rooms/lobby/participants', bearer('guest'))).json()).toEqual({
      participants: await gateway.participants(),
    });
    expect(await Promise.all(['guest', 'looker', 'admin', 'reader'].map((name) => status(name)))).toEqual([
      200, 200, 200, 403,
    ]);
    expect(await status('guest', 'over')).toBe(403);
    await problemOf(await get('/v1/rooms/none/participants', bearer('admin')), 404);
  });
});
