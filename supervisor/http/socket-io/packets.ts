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
};

export function eventPacket(name: string, json: string): string {
  return `2["${name}",${json}]`;
}
