import type { z } from 'zod';

/** The issues that say most: of a union's, those of the shape that came nearest, with their whole paths. */
export function plainIssues(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(...branch.map(({ path }) => path.length));
    const deepest = issue.errors.map(plainIssues).reduce((a, b) => (depth(b) > depth(a) ? b : a));
    if (depth(deepest) === 0 && !deepest.some(isTelling)) return [issue];
    return deepest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  });
}

/** Whether it says more than that the type is another one. */
function isTelling({ code }: z.core.$ZodIssue): boolean {
  return code !== 'invalid_type' && code !== 'invalid_union';
}
