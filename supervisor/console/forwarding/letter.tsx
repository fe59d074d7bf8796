import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { read, refusalOf } from '../api.ts';
import { CopyButton } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { JsonView } from '../parts/json-view.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import type { Refusal } from '../worker/protocol.ts';

interface LetterProps {
  readonly id: string;
  onClose(): void;
}

/** One dead letter with its event, as text: numbers stay as they were written. */
export function Letter({ id, onClose }: LetterProps) {
  const json = useSignal<string | undefined>(undefined);
  const refusal = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    read(`/v1/dead-letters/${encodeURIComponent(id)}`).then(
      (text) => {
        json.value = text;
      },
      (error: unknown) => {
        refusal.value = refusalOf(error);
      },
    );
  }, [id]);
  return (
    <Dialog title="Dead letter" onClose={onClose} drawer>
      <RefusalNotice refusal={refusal.value} />
      {json.value !== undefined && (
        <>
          <div class="row-of-buttons">
            <CopyButton text={json.value}>Copy JSON</CopyButton>
          </div>
          <JsonView json={json.value} />
        </>
      )}
    </Dialog>
  );
}
