import { useSignal } from '@preact/signals';
import { systemClock } from '../../../spec/runtime/clock.ts';

const SAID_MS = 2_000;

/** Puts text into the clipboard, and says so. */
export function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const said = useSignal('');
  const copy = () => {
    copyText(text).then(
      () => say('Copied'),
      () => say("The browser doesn't allow it"),
    );
  };
  const say = (words: string) => {
    said.value = words;
    systemClock.after(SAID_MS, () => {
      said.value = '';
    });
  };
  return (
    <>
      <button type="button" onClick={copy}>
        {children}
      </button>
      <span class="said" role="status">
        {said.value}
      </span>
    </>
  );
}

/** Rejects where the browser doesn't allow it: without TLS it does so only for this very machine. */
export function copyText(text: string): Promise<void> {
  return navigator.clipboard === undefined
    ? Promise.reject(new Error('no clipboard'))
    : navigator.clipboard.writeText(text);
}
