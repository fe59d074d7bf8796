import type { Socket } from 'socket.io';

/** What carries a client's packets, whatever the transport. */
export type Connection = Socket['conn'];

interface Transport {
  /** Of one that polls: what the library calls when the last word was taken, or nobody came for it in 30 s. */
  shouldClose?: (() => void) | null;
  /** Of a WebSocket: it would wait half a minute for the other side to say goodbye. */
  readonly socket?: { terminate?(): void };
}

/** Nobody waits for a last word any more. Also a connection that is closed may, and would keep the process alive. */
export function release({ transport }: Connection): void {
  (transport as Transport).shouldClose?.();
}

/** Ends a connection at once, also one that doesn't come for its last word. */
export function discard(conn: Connection): void {
  conn.close(true);
  release(conn);
  (conn.transport as Transport).socket?.terminate?.();
}
