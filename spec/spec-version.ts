import { canonicalSpec } from './generated/canonical.ts';
import { sha256 } from './version.ts';

/** The hash of the contract that this process was built with, computed at start. */
export const specVersion: string = sha256(canonicalSpec);
