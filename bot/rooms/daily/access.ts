import type { RoomAccess, RoomRefused } from '../../../spec/generated/command.ts';
import { ConnectorError } from '../port.ts';

/** What the bot was last told about how it gets into its call. */
export class AccessGate {
  #told: RoomAccess | RoomRefused | undefined;
  readonly #waiting = new Set<() => void>();

  /** Undefined as long as there is none. */
  get access(): RoomAccess | undefined {
    return this.#told?.type === 'room.access' ? this.#told : undefined;
  }

  tell(told: RoomAccess | RoomRefused): void {
    this.#told = told;
    for (const go of [...this.#waiting]) go();
  }

  /** Waits until it is told. Rejects with a ConnectorError when it is refused, or when the signal aborts first. */
  async given(signal: AbortSignal): Promise<RoomAccess> {
    if (this.#told === undefined && !signal.aborted) await this.#change(signal);
    if (signal.aborted) throw new ConnectorError('leaving', false);
    const told = this.#told;
    if (told?.type === 'room.access') return told;
    throw new ConnectorError(told?.reason ?? 'expected room.access', told?.retryable ?? true);
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#waiting.delete(go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.#waiting.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }
}
