import type { PolicyLayer } from '../../spec/policy.ts';

/** What roomd needs to know of an assistant, and keeps. */
export interface AssistantRecord {
  readonly id: string;
  /** As it is called in rooms. */
  readonly name?: string | undefined;
  /** What is said about it beside the configured layers. */
  readonly policy?: PolicyLayer | undefined;
}

export type FoundAssistant =
  | { readonly ok: true; readonly record: AssistantRecord }
  /** `retryable`: nobody answered; otherwise there is no such assistant, or its record is none. */
  | { readonly ok: false; readonly detail: string; readonly retryable: boolean };

/** Where assistants are looked up. */
export interface Assistants {
  /** Doesn't reject. A record that is younger than the configured age isn't asked for again. */
  find(assistantId: string): Promise<FoundAssistant>;
}
