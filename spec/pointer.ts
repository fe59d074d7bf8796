/** A step that is every item of an array. In an object it is a key like any other. */
export const EACH = '*';

/**
 * The steps of a JSON pointer (RFC 6901), its escapes resolved: `/a~1b/0` → `['a/b', '0']`, the empty one → `[]`.
 * Undefined when it is none: it doesn't begin with a slash, or `~` stands for nothing.
 */
export function pointerSteps(pointer: string): string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  // In this order: `~01` is `~1`, not a slash.
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Whether masks at these pointers cover what another leads to: one is the same, or leads to what it is in. */
export function isCovered(pointer: string, masks: readonly string[]): boolean {
  return masks.some((mask) => pointer === mask || pointer.startsWith(`${mask}/`));
}
