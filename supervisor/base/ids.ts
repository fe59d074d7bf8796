import { v7, validate, version } from 'uuid';

/** A new UUID version 7: unique, and in the order of time. */
export function newId(): string {
  return v7();
}

/** Whether newId() could have made it. */
export function isId(text: string): boolean {
  return validate(text) && version(text) === 7;
}
