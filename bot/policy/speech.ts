import type { Bus } from '../../spec/runtime/bus.ts';
import type { Connector } from '../rooms/port.ts';
import type { Guard } from './guard.ts';

export interface SpeechParts {
  readonly bus: Bus;
  readonly guard: Guard;
  readonly room: Pick<Connector, 'send' | 'clock'>;
  /** The bot's own id in the room. */
  readonly participantId: string;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** The only way for words of the bot into the room: through its policy. */
export class Speech {
  static readonly tool = 'message.send';
  readonly #parts: SpeechParts;

  constructor(parts: SpeechParts) {
    this.#parts = parts;
  }

  /** Sends a message if the policy allows; whether it is in the room then. Never rejects. */
  async send(text: string): Promise<boolean> {
    const { bus, guard, room, participantId, say } = this.#parts;
    const verdict = guard.admits(Speech.tool);
    bus.publish('assistant.tool.invoked', { tool: Speech.tool, allowed: verdict === 'allowed' });
    if (verdict !== 'allowed') {
      guard.refuse(Speech.tool, verdict);
      return false;
    }
    if (!guard.message(text)) return false;
    const at = Math.floor(room.clock.now());
    try {
      const { messageId } = await room.send(text);
      bus.publish('room.message.sent', { messageId, participantId, text, at });
      return true;
    } catch (error) {
      say(`message not sent: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}
