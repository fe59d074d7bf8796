/** True for the share `rate` (0 to 1) of ids: the same ids at every time and on every machine. */
export function isSampled(id: string, rate: number): boolean {
  return rate >= 1 || hash(id) < rate * 2 ** 32;
}

/** FNV-1a, then the finalizer of MurmurHash3, which spreads ids that differ in few characters. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
