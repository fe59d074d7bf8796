import type { NamedLayer } from '../../spec/compose.ts';

/** A layer that can't be read or isn't one, or a source that can't be trusted: what needs it is refused, fail closed. */
export class PolicyError extends Error {
  override name = 'PolicyError';
  /** The file's name, or the address without its query; empty when it is none in particular. */
  readonly source: string;
  /** The message without the whole path of the file: for those who are elsewhere. */
  readonly reason: string;

  constructor(message: string, { source = '', reason = message }: { source?: string; reason?: string } = {}) {
    super(message);
    this.source = source;
    this.reason = reason;
  }
}

/** Which rooms a layer speaks about is decided by these. */
export interface PolicySubject {
  readonly roomId: string;
  readonly tenantId?: string | undefined;
  readonly assistantId?: string | undefined;
}

/** The configured layers, wherever they come from. */
export interface Policies {
  /** The layers that speak about the subject, weakest claim first. Rejects with a PolicyError: fail closed. */
  layersFor(subject: PolicySubject): Promise<NamedLayer[]>;
  /** The listener is called when `layersFor` may answer differently from before, and only with what is sound. */
  onChange(listener: () => void): void;
  /** Why rooms can't get a policy at the moment, or undefined when they can. */
  readonly problem: string | undefined;
}
