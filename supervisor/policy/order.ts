import type { NamedLayer } from '../../spec/compose.ts';
import type { PolicyLayer } from '../../spec/policy.ts';
import { PolicyError, type PolicySubject } from './port.ts';

/** A layer and where it comes from. */
export interface SourcedLayer {
  readonly from: 'file' | 'remote';
  /** A file's name, or an address without its query: its name, unless it has one of its own. */
  readonly source: string;
  readonly layer: PolicyLayer;
}

const MAX_NAME = 128;
/** An event names them all. */
const MAX_LAYERS = 1_000;

/**
 * The layers that speak about the subject, weakest claim first: files, addresses, then those for a tenant, an assistant,
 * a room, by the most specific that they name; otherwise as they come. Throws a PolicyError when there are too many.
 */
export function layersAbout(subject: PolicySubject, layers: readonly SourcedLayer[]): NamedLayer[] {
  const about = layers.filter(({ layer }) => matches(layer, subject));
  if (about.length > MAX_LAYERS) {
    throw new PolicyError(`expected at most ${MAX_LAYERS} policy layers for a room, got ${about.length}`);
  }
  return about
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ layer, source }) => ({ name: layer.policyId ?? source.slice(0, MAX_NAME), layer }));
}

function matches({ match }: PolicyLayer, subject: PolicySubject): boolean {
  if (match === undefined) return true;
  return (['tenantId', 'assistantId', 'roomId'] as const).every(
    (key) => match[key] === undefined || match[key] === subject[key],
  );
}

function rank({ from, layer: { match } }: SourcedLayer): number {
  if (match?.roomId !== undefined) return 4;
  if (match?.assistantId !== undefined) return 3;
  if (match?.tenantId !== undefined) return 2;
  return from === 'remote' ? 1 : 0;
}
