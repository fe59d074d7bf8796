import { v7 } from 'uuid';
import { fillRandom } from './random-bytes.ts';

const POOL_BYTES = 4_096;
const ID_BYTES = 16;

/**
 * Makes UUIDs version 7 that sort in the order of their making, even if the clock goes back.
 * `now` in milliseconds since 1970. The randomness is fetched in advance: the global WebCrypto that `uuid` would use
 * takes the bot milliseconds to load.
 */
export function createIds(now: () => number): () => string {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let last = -1;
  let sequence = 0;
  return () => {
    if (used + ID_BYTES > POOL_BYTES) {
      fillRandom(pool);
      used = 0;
    }
    const random = pool.subarray(used, used + ID_BYTES);
    used += ID_BYTES;
    const time = now();
    if (time > last) {
      last = time;
      // Half of the range stays free for ids of the same millisecond.
      sequence = new DataView(random.buffer, random.byteOffset).getUint32(6) & 0x7fffffff;
    } else {
      sequence++;
    }
    return v7({ msecs: last, seq: sequence, random });
  };
}
