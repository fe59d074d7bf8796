import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { refusalOf } from '../api.ts';
import { ask } from '../live.ts';
import { linkTo } from '../router.ts';
import type { Refusal } from '../worker/protocol.ts';
import { CopyButton } from './copy.tsx';
import { Dialog } from './dialog.tsx';
import { JsonView } from './json-view.tsx';
import { RefusalNotice } from './notice.tsx';
import { Time } from './time.tsx';

/** What is taken from an envelope to stand above its text. */
interface Head {
  readonly topic: string;
  readonly ts: number;
  readonly roomId?: string;
  readonly payload?: { readonly causeId?: unknown };
}

/** The whole event at the position in `opened`; null there closes it. */
export function EnvelopeDialog({ opened }: { readonly opened: Signal<string | null> }) {
  const position = opened.value;
  const json = useSignal<string | null>(null);
  const refusal = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    if (position === null) return;
    ask({ type: 'envelope', position }).then(
      (answer) => {
        refusal.value = undefined;
        json.value = answer.json;
      },
      (error: unknown) => {
        refusal.value = refusalOf(error);
      },
    );
  }, [position]);
  const close = () => {
    opened.value = null;
  };
  const head = json.value === null ? null : (JSON.parse(json.value) as Head);
  const causeId = head?.payload?.causeId;
  const toCause = async (id: string) => {
    const found = await ask({ type: 'find', id });
    if (found === null) refusal.value = { title: 'Not here', detail: `The event ${id} isn't on this page any more.` };
    else opened.value = found.position;
  };
  return (
    <Dialog title={head?.topic ?? 'Event'} onClose={close} drawer>
      <RefusalNotice refusal={refusal.value} />
      {json.value !== null && head !== null && (
        <>
          <p class="envelope-facts">
            <Time at={head.ts} />
            {head.roomId !== undefined && (
              <a href={linkTo('rooms', head.roomId)} onClick={close}>
                {head.roomId}
              </a>
            )}
            <span class="muted">{position}</span>
          </p>
          <div class="row-of-buttons">
            <CopyButton text={json.value}>Copy JSON</CopyButton>
            {typeof causeId === 'string' && (
              <button type="button" onClick={() => void toCause(causeId)}>
                Show what caused it
              </button>
            )}
          </div>
          <JsonView json={json.value} />
        </>
      )}
    </Dialog>
  );
}
