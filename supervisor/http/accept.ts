/** The first media type of the header `Accept` that is one of those known, in lower case; undefined: none is. */
export function firstAccepted(accept: string | undefined, isKnown: (type: string) => boolean): string | undefined {
  const types = (accept ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '');
  return types.find(isKnown);
}
