import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { ApiError } from '../api.ts';
import { RefusalNotice } from '../parts/notice.tsx';
import { signIn } from '../session.ts';
import type { Refusal } from '../worker/protocol.ts';

/** Asks for a token, and tries it before it is kept. `refusal`: why one is needed. */
export function SignInPage({ refusal }: { readonly refusal: Refusal }) {
  const secret = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Refusal | undefined>(refusal.status === 403 ? refusal : undefined);
  const input = useRef<HTMLInputElement>(null);
  const hint = useId();
  useEffect(() => input.current?.focus(), []);
  const submit = async () => {
    busy.value = true;
    problem.value = await tryToken(secret.value.trim());
    busy.value = false;
    if (problem.value === undefined) signIn(secret.value.trim());
    else input.current?.focus();
  };
  return (
    <form
      class="panel sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h1>Sign in</h1>
      <p id={hint}>
        This roomd asks for a token: one of those under <code>http.tokens</code> in its configuration. It stays in this
        tab and goes when the tab is closed.
      </p>
      <RefusalNotice refusal={problem.value} />
      <label class="field">
        <span class="field-name">Token</span>
        <input
          ref={input}
          type="password"
          autocomplete="current-password"
          required
          aria-describedby={hint}
          value={secret.value}
          onInput={({ currentTarget }) => {
            secret.value = currentTarget.value;
          }}
        />
      </label>
      <button type="submit" class="primary" disabled={busy.value}>
        Sign in
      </button>
    </form>
  );
}

/** What a header may hold. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Why the supervisor doesn't take the token; undefined: it does. One that may not list rooms may do something else, and
 * the pages say what it may not.
 */
async function tryToken(secret: string): Promise<Refusal | undefined> {
  if (!TOKEN.test(secret)) {
    const detail = 'Expected letters, digits and signs of ASCII without spaces: copy the token once more.';
    return { title: 'That is no token', detail };
  }
  const headers = { accept: 'application/json', authorization: `Bearer ${secret}` };
  try {
    const response = await fetch('/v1/rooms?limit=1', { headers });
    if (response.ok || response.status === 403) return undefined;
    const { title, detail } = (await response.json()) as Refusal;
    return { title, detail, status: response.status };
  } catch (error) {
    return new ApiError(0, 'No answer', `roomd doesn't answer: ${(error as Error).message}`);
  }
}
