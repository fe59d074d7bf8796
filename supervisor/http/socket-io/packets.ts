import type { Wording } from '../live-format.ts';

/**
 * Socket.IO packets (protocol 5, type 2 is an event) of the main namespace, as text. The library's own encoder would
 * parse each envelope and write it anew, once a reader, and lose numbers that JavaScript can't hold.
 */
export const packets: Wording = {
  hello: (hello) => eventPacket('hello', JSON.stringify(hello)),
  event: (position, envelope) => eventPacket('envelope', `{"position":"${position}","envelope":${envelope}}`),
  gap: (gap) => eventPacket('gap', JSON.stringify(gap)),
  cut: (cut) => eventPacket('cut', JSON.stringify(cut)),
  encode: (parts) => Buffer.concat(parts.flatMap(textFrame)),
};

export function eventPacket(name: string, json: string): string {
  return `2["${name}",${json}]`;
}

/** Engine.IO's type of a packet that holds one of Socket.IO's. */
const MESSAGE = '4';
const SEPARATOR = '\x1e';

/** Several packets as Engine.IO puts them into one answer to a client that polls; its type before the first is not in it. */
export function polled(parts: readonly string[]): string {
  return parts.join(SEPARATOR + MESSAGE);
}

/** A text frame of WebSocket (RFC 6455, 5.2) as a server sends it, header and payload. */
function textFrame(packet: string): Buffer[] {
  const payload = Buffer.from(MESSAGE + packet);
  const { length } = payload;
  if (length < 126) return [Buffer.from([0x81, length]), payload];
  if (length < 65_536) return [Buffer.from([0x81, 126, length >> 8, length & 255]), payload];
  const header = Buffer.alloc(10);
  header.writeUInt16BE(0x817f);
  header.writeBigUInt64BE(BigInt(length), 2);
  return [header, payload];
}
