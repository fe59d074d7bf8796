import { createHmac, timingSafeEqual } from 'node:crypto';

const MAX_CHARS = 2_048;

export interface Seat {
  readonly roomId: string;
  readonly participantId: string;
  readonly name: string;
  /** When it was given, in milliseconds since 1970. */
  readonly since: number;
}

/** Seats as texts that only this data folder's roomd can have written. They keep nothing secret from their holder. */
export class Seats {
  readonly #key: Buffer;

  /** `secret`: what `openLocalKey` gives. */
  constructor(secret: Buffer) {
    this.#key = createHmac('sha256', secret).update('roomd seats').digest();
  }

  write({ roomId, participantId, name, since }: Seat): string {
    const text = Buffer.from(JSON.stringify([roomId, participantId, name, since])).toString('base64url');
    return `${text}.${this.#sign(text).toString('base64url')}`;
  }

  /** Undefined for what this has not written. */
  read(seat: string): Seat | undefined {
    const [text = '', signature = '', ...more] = seat.length > MAX_CHARS ? [] : seat.split('.');
    const given = Buffer.from(signature, 'base64url');
    const wanted = this.#sign(text);
    if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const [roomId, participantId, name, since] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [
      string,
      string,
      string,
      number,
    ];
    return { roomId, participantId, name, since };
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
