import type { Envelope } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import type { Participant } from '../../supervisor/gateway/api.ts';
import { openSocket } from '../supervisor/http/socket-io-client.ts';

interface Answer {
  readonly ok: boolean;
  readonly messageId?: string;
  readonly participantId?: string;
  readonly seat?: string;
  readonly participants?: readonly Participant[];
  readonly rules?: readonly string[];
  readonly problem?: { readonly type: string; readonly detail: string };
}

/** Somebody in a local room, by the real client of Socket.IO: reads the room's stream, and acts in it. */
export async function guest(url: string, room: string, name: string, more: { seat?: string; token?: string } = {}) {
  const { seat, token } = more;
  const { socket, ask } = openSocket(url, { auth: { rooms: [room], from: 'start', token } });
  const seen: Envelope[] = [];
  let wake = () => {};
  socket.on('envelope', ({ envelope }: { envelope: Envelope }) => {
    seen.push(envelope);
    wake();
  });
  const left = new Promise<{ room: string; reason: string }>((resolve) => socket.on('left', resolve));
  const act = async (what: string, value?: object): Promise<Answer> => (await ask(what, value)) as Answer;
  const entered = await act('enter', { room, name, ...(seat !== undefined && { seat }) });
  return {
    socket,
    seen,
    left,
    act,
    entered,
    id: entered.participantId ?? '',
    seat: entered.seat ?? '',
    /** The kind of problem of a refusal; `ok` when it is none. */
    async tried(what: string, value?: object): Promise<string> {
      const { ok, problem } = await act(what, value);
      return ok ? 'ok' : (problem?.type.split(':').at(-1) ?? 'no problem');
    },
    /** Resolves with the first event of the topic that passes the test, also one that has come already. */
    async until<T extends TopicId>(topic: T, test: (payload: TopicPayloads[T]) => boolean = () => true) {
      for (;;) {
        const found = seen.find((event) => event.topic === topic && test(event.payload as TopicPayloads[T]));
        if (found !== undefined) return found as Envelope<T>;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
