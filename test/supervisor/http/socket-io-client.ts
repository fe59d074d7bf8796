import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import type { ProblemBody } from './rig.ts';

export interface Said {
  readonly hello?: { epoch: string; position: string; first: number; last: number; recovered: boolean };
  readonly position?: string;
  readonly envelope?: { id: string; topic: string; roomId?: string; payload: Record<string, unknown> };
  readonly gap?: { after: string; through: string };
  readonly cut?: { reason: string; position: string; behind: number };
  readonly problem?: ProblemBody;
  /** The library's own word for why the connection ended. */
  readonly disconnect?: string;
  readonly refused?: { message: string; data?: ProblemBody; description?: unknown };
}

export const TRANSPORTS = ['websocket', 'polling'] as const;

export type Options = Partial<ManagerOptions & SocketOptions>;

/** The real client, one thing said at a time. It doesn't connect again by itself unless it is told to. */
export function openSocket(url: string, options: Options = {}) {
  const socket: Socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options });
  onTestFinished(() => void socket.disconnect());
  const queue: Said[] = [];
  let wake: (() => void) | undefined;
  const say = (said: Said) => {
    queue.push(said);
    wake?.();
  };
  socket.on('hello', (hello) => say({ hello }));
  socket.on('envelope', (event) => say(event));
  socket.on('gap', (gap) => say({ gap }));
  socket.on('cut', (cut) => say({ cut }));
  socket.on('problem', (problem) => say({ problem }));
  socket.on('disconnect', (disconnect) => say({ disconnect }));
  socket.on('connect_error', (error: Error & { data?: ProblemBody; description?: unknown }) =>
    say({
      refused: { message: error.message, ...(error.data && { data: error.data }), description: error.description },
    }),
  );
  const next = async (): Promise<Said> => {
    while (queue.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return queue.shift() ?? {};
  };
  return {
    socket,
    next,
    /** The numbers of the next events; whatever else is said fails. */
    async numbers(count: number): Promise<number[]> {
      const numbers: number[] = [];
      while (numbers.length < count) {
        const said = await next();
        if (said.envelope === undefined) throw new Error(`expected an event, got ${JSON.stringify(said)}`);
        numbers.push(said.envelope.payload.i as number);
      }
      return numbers;
    },
    /** The answer to a request. */
    ask: (name: string, value?: unknown) =>
      socket.emitWithAck(name, value) as Promise<{ ok: boolean; problem?: ProblemBody }>,
  };
}
