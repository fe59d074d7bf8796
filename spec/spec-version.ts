import { canonicalSpec } from './generated/canonical.ts';
import { sha256 } from './version.ts';

/** The hash of the built-in contract alone: what bots say that know no topics but the built-in ones. */
const builtInVersion: string = sha256(canonicalSpec);

/**
 * The hash of the contract that this process speaks, computed at start: the built-in one, and with topics of one's own
 * that of both together. Read it when it is needed: it moves once, when own topics are installed.
 */
export let specVersion: string = builtInVersion;

/** Whether events of this version are meant as this process understands them: of the whole contract, or of its built-in part. */
export function acceptsVersion(version: string): boolean {
  return version === specVersion || version === builtInVersion;
}

/** For `own-topics.ts` alone. Undefined: back to the built-in version. */
export function adoptVersion(version: string | undefined): void {
  specVersion = version ?? builtInVersion;
}
