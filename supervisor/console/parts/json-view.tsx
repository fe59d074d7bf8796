import { useMemo } from 'preact/hooks';
import { count } from '../words.ts';
import { indentJson } from './json.ts';

/** An event may have 256 KiB; as much as one reads is shown. */
const LIMIT = 40_000;

/** JSON to be read: indented, keys and values told apart. */
export function JsonView({ json }: { readonly json: string }) {
  const tokens = useMemo(() => indentJson(json, LIMIT), [json]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <pre class="json" tabIndex={0}>
      <code>
        {tokens.map(({ kind, text }, i) =>
          kind === 'punctuation' ? (
            text
          ) : (
            <span key={i} class={`json-${kind}`}>
              {text}
            </span>
          ),
        )}
      </code>
      {json.length > LIMIT && `\n… of ${count(json.length)} characters in all; Copy takes them all`}
    </pre>
  );
}
