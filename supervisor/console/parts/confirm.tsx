import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { refusalOf } from '../api.ts';
import type { Refusal } from '../worker/protocol.ts';
import { Dialog } from './dialog.tsx';
import { RefusalNotice } from './notice.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something is done that can't be taken back; stays, with the reason, when it is refused. */
export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps) {
  const busy = useSignal(false);
  const refusal = useSignal<Refusal | undefined>(undefined);
  const confirm = () => {
    busy.value = true;
    onConfirm().then(onClose, (error: unknown) => {
      busy.value = false;
      refusal.value = refusalOf(error);
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <RefusalNotice refusal={refusal.value} />
      {children}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={busy.value} onClick={confirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
