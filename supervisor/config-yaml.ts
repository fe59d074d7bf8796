import { LineCounter, parseDocument } from 'yaml';

export type YamlValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** One YAML document. `problem` says what is wrong and where, and nothing of the text: it may hold secrets. */
export function readYaml(text: string): YamlValue {
  const lines = new LineCounter();
  // Pretty errors show the lines, and warnings are printed with them.
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, logLevel: 'error' });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    return { ok: false, problem: `${fault.code} at line ${line}, column ${col}` };
  }
  try {
    return { ok: true, value: document.toJS() as unknown };
  } catch {
    return { ok: false, problem: 'an alias without its anchor, or too many aliases' };
  }
}
