import type { RedriveProgress } from '../../forward/api.ts';
import { Notice } from '../parts/notice.tsx';
import { several } from '../words.ts';

interface ProgressProps {
  readonly progress: RedriveProgress;
  onCancel(): void;
}

const HEADS = { running: 'Sending again', done: 'Sent again', cancelled: 'Sending again was cancelled' } as const;

/** How far sending dead letters again has got. */
export function Progress({ progress, onCancel }: ProgressProps) {
  const { state, selected, delivered, refused, remaining } = progress;
  const tone = state === 'running' ? 'plain' : refused > 0 || state === 'cancelled' ? 'warn' : 'good';
  return (
    <Notice tone={tone}>
      <div class="redrive">
        <p role="status">
          <strong>{HEADS[state]}:</strong> {several(selected, 'dead letter')}, {delivered} delivered, {refused} refused
          again{remaining > 0 && `, ${remaining} to go`}.
        </p>
        {state === 'running' && (
          <>
            <progress max={selected} value={delivered + refused} aria-label="Sending again" />
            <button type="button" onClick={onCancel}>
              Cancel
            </button>
          </>
        )}
      </div>
    </Notice>
  );
}
