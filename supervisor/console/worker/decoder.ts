import { Decoder, Encoder } from 'socket.io-parser';

/** What an event packet of roomd's begins with. */
const ENVELOPE = /^2\["envelope",\{"position":"([^"\\]+)","envelope":/;
const END = '}]';
const EVENT = 2;

export interface Sent {
  readonly position: string;
  /** The envelope as the supervisor has written it. */
  readonly json: string;
}

/** Hands envelopes on as text: they are parsed once, later, and numbers that JavaScript can't hold survive in it. */
class TextDecoder extends Decoder {
  override add(packet: unknown): void {
    const begin = typeof packet === 'string' ? ENVELOPE.exec(packet) : null;
    if (begin === null) {
      super.add(packet);
      return;
    }
    const sent: Sent = { position: begin[1] ?? '', json: begin.input.slice(begin[0].length, -END.length) };
    this.emitReserved('decoded', { type: EVENT, nsp: '/', data: ['envelope', sent] });
  }
}

/** The option `parser` of socket.io-client. */
export const parser = { Encoder, Decoder: TextDecoder };
