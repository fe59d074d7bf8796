import { parseEnvelope } from '../../spec/envelope.ts';

const HEARTBEAT = 'bot.health.heartbeat';

/** Whether a line of a bot is a valid heartbeat. */
export function isHeartbeat(line: string): boolean {
  // Most other lines aren't worth parsing.
  if (!line.includes(HEARTBEAT)) return false;
  const parsed = parseEnvelope(line);
  return parsed.ok && parsed.envelope.topic === HEARTBEAT;
}
