const FIRST_RETRY_MS = 1_000;

/**
 * Milliseconds until the next question: `refresh`, or after failures in a row, pauses that double from a second up to
 * that. `random`, 0 to 1, keeps those who ask the same server out of step.
 */
export function pause(refresh: number, failures: number, random: number): number {
  const backoff = FIRST_RETRY_MS * 2 ** Math.min(30, failures - 1);
  const ms = failures === 0 ? refresh : Math.min(refresh, backoff);
  return Math.round(ms * (0.9 + 0.2 * random));
}
