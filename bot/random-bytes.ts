import { closeSync, openSync, readSync } from 'node:fs';

/** Fills the array from the system's source of randomness, without node:crypto, which takes the bot 4 ms to load. */
export function fillRandom(bytes: Uint8Array): void {
  if (!fillFromDevice(bytes)) process.getBuiltinModule('node:crypto').randomFillSync(bytes);
}

function fillFromDevice(bytes: Uint8Array): boolean {
  let device: number;
  try {
    device = openSync('/dev/urandom', 'r');
  } catch {
    // Not every system has it.
    return false;
  }
  try {
    return readSync(device, bytes) === bytes.length;
  } finally {
    closeSync(device);
  }
}
