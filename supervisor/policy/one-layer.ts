import type { PolicyLayer } from '../../spec/policy.ts';
import { parseLayers } from './document.ts';
import { PolicyError } from './port.ts';
import { readPolicyFile } from './read-file.ts';

/** The one layer in a file, for rooms that something else chooses. Throws a PolicyError without the file's name. */
export async function readOneLayer(file: string): Promise<PolicyLayer> {
  const layers = parseLayers(await readPolicyFile(file));
  const [layer, ...more] = layers;
  if (layer === undefined || more.length > 0) throw new PolicyError(`expected one layer, got ${layers.length}`);
  if (layer.match !== undefined) throw new PolicyError('expected no match: the rule says for which rooms it is');
  return layer;
}
