import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { systemClock, type Timer } from '../../../spec/runtime/clock.ts';
import { link } from '../live.ts';
import { Notice } from './notice.tsx';

const ASK_MS = 10_000;

/** What stands in the way of roomd, or of this page. */
export function Banners() {
  const reasons = useUnready();
  const { state, refusal } = link.value;
  return (
    <div class="banners">
      {state === 'down' && (
        <Notice tone="warn">
          {refusal === undefined
            ? "roomd doesn't answer. This page tries again by itself and then goes on where it was."
            : `${refusal.title}: ${refusal.detail}`}
        </Notice>
      )}
      {state === 'refused' && refusal !== undefined && refusal.status !== 401 && (
        <Notice tone="warn">
          <strong>No events come: {refusal.title}.</strong> {refusal.detail}
        </Notice>
      )}
      {state !== 'down' && reasons.length > 0 && (
        <Notice tone="warn">
          <strong>roomd isn't ready.</strong> {reasons.join('; ')}
        </Notice>
      )}
    </div>
  );
}

/** Why roomd isn't ready; empty: it is, or doesn't say. */
function useUnready(): readonly string[] {
  const reasons = useSignal<readonly string[]>([]);
  const { state } = link.value;
  useEffect(() => {
    let over = false;
    let timer: Timer | undefined;
    const ask = async () => {
      const answer = document.visibilityState === 'hidden' ? undefined : await readiness();
      if (over) return;
      if (answer !== undefined) reasons.value = answer;
      timer = systemClock.after(ASK_MS, () => void ask());
    };
    void ask();
    return () => {
      over = true;
      timer?.cancel();
    };
  }, [state]);
  return reasons.value;
}

async function readiness(): Promise<readonly string[] | undefined> {
  try {
    const response = await fetch('/ready', { headers: { accept: 'application/json' } });
    return ((await response.json()) as { reasons?: readonly string[] }).reasons;
  } catch {
    return undefined;
  }
}
