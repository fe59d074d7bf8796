import { v7 } from 'uuid';

/** A new UUID version 7: unique, and in the order of time. */
export function newId(): string {
  return v7();
}
