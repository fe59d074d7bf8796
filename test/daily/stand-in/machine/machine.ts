import { io, type Socket } from 'socket.io-client';

/** What the client and its machine post to each other's window, which is the same one. */
interface Posted {
  readonly what?: string;
  readonly from?: string;
  readonly callClientId?: string;
  readonly callbackStamp?: string;
  readonly action?: string;
  readonly properties?: { readonly url?: string; readonly token?: string; readonly userName?: string };
  readonly data?: unknown;
  readonly to?: string;
  readonly name?: string;
}

type Message = { action?: string; [field: string]: unknown };

/** The other side of one call object. */
export class Machine {
  /** The client looks here for media: there is none. */
  readonly store: { getState(): object } = {
    getState: () => ({ local: { public: {}, streams: {} }, participants: {}, streams: {} }),
  };
  readonly #id: string;
  readonly #hub: () => string;
  #socket: Socket | undefined;

  /** `hub`: its origin, known when the client asks to join. */
  constructor(id: string, hub: () => string) {
    this.#id = id;
    this.#hub = hub;
    addEventListener('message', ({ data }: MessageEvent<Posted | undefined>) => {
      if (data?.what === 'iframe-call-message' && data.from === 'module' && data.callClientId === id) this.#asked(data);
    });
    this.#post({ action: 'call-machine-initialized' });
  }

  /** The client joins again with the same call object. */
  reset(): void {
    this.#hangUp();
  }

  #asked(message: Posted): void {
    switch (message.action) {
      case 'join-meeting':
        this.#join(message);
        break;
      case 'leave-meeting':
        this.#hangUp();
        this.#post({ action: 'left-meeting' });
        break;
      case 'app-msg':
        this.#socket?.emit('app', message.data, message.to);
        break;
      case 'set-user-name':
        this.#socket?.emit('rename', message.name);
        this.#post({ callbackStamp: message.callbackStamp, userName: message.name });
        break;
    }
  }

  #join({ properties = {}, callbackStamp }: Posted): void {
    const { url, token, userName } = properties;
    const socket = io(this.#hub(), {
      auth: { url, token, userName },
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    this.#socket = socket;
    socket.on('machine', (message: Message) => this.#post(revived(message)));
    // Not by the event for errors: the answer to this order.
    socket.on('rejected', (error: string) => this.#post({ callbackStamp, error }));
    const lost = (on: string, type: string) => {
      if (this.#socket !== socket) return;
      this.#hangUp();
      const details = { on, sourceError: { msg: type, type } };
      const msg = 'The hub of the stand-in is not to be reached.';
      this.#post({ action: 'error', errorMsg: msg, error: { type: 'connection-error', msg, details } });
      this.#post({ action: 'left-meeting' });
    };
    socket.on('connect_error', ({ message }) => lost('join', message));
    socket.on('disconnect', (reason) => lost('reconnect', reason));
    socket.on('over', () => this.#hangUp());
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.disconnect();
  }

  #post(message: Message): void {
    const origin = location.protocol === 'file:' ? '*' : location.origin;
    postMessage({ ...message, what: 'iframe-call-message', callClientId: this.#id, from: 'embedded' }, origin);
  }
}

/** Instants are dates in a page, and text on the way there. */
function revived(message: Message): Message {
  return JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    (key === 'joined_at' || key === 'timestamp') && typeof value === 'string' ? new Date(value) : value,
  ) as Message;
}
