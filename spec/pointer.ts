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
