/** What stands in a box, and how much of it, from its beginning, was put back into it. */
export interface Box {
  readonly text: string;
  readonly back: string;
}

/** Puts what was refused back into the box: below what was refused before, and above what was written meanwhile. */
export function putBack({ text, back }: Box, refused: string): Box {
  const isThere = back !== '' && (text === back || text.startsWith(`${back}\n`));
  const written = isThere ? text.slice(back.length + 1) : text;
  const all = isThere ? `${back}\n${refused}` : refused;
  return { text: written === '' ? all : `${all}\n${written}`, back: all };
}
