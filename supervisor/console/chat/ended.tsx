import { Notice } from '../parts/notice.tsx';

/** In place of the box that one writes in, when the room is over. `draft`: what one hadn't sent, to be kept elsewhere. */
export function Ended({ draft }: { readonly draft: string }) {
  return (
    <div class="chat-ended" role="status">
      <Notice tone="plain">
        <strong>This room has ended:</strong> one can read here, and not write.
      </Notice>
      {draft.trim() !== '' && (
        <label>
          What you have not sent
          <textarea readOnly rows={2} value={draft} />
        </label>
      )}
    </div>
  );
}
