import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { MAX_TEXT } from './composer.tsx';
import { act } from './seat.ts';

interface EditProps {
  readonly messageId: string;
  readonly text: string;
  readonly editing: Signal<boolean>;
}

/** An own message to be worded anew. */
export function Edit({ messageId, text, editing }: EditProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  const close = () => {
    editing.value = false;
  };
  const save = async () => {
    const changed = box.current?.value.trim() ?? '';
    if (changed === text) return close();
    if (changed !== '' && (await act({ type: 'edit', messageId, text: changed }))) close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void save();
  };
  return (
    <div class="chat-edit">
      <textarea
        ref={box}
        aria-label="Your message"
        defaultValue={text}
        maxLength={MAX_TEXT}
        rows={2}
        onKeyDown={onKeyDown}
      />
      <button type="button" class="primary" onClick={save}>
        Save
      </button>
      <button type="button" onClick={close}>
        Cancel
      </button>
    </div>
  );
}
