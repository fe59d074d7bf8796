import { type Signal, useSignal } from '@preact/signals';
import type { ChatMessage } from '../worker/protocol.ts';
import { React } from './reactions.tsx';
import { act } from './seat.ts';

interface ActionsProps {
  readonly message: ChatMessage;
  readonly isOwn: boolean;
  readonly editing: Signal<boolean>;
  onReply(message: ChatMessage): void;
}

/** What one can do with a message; what is one's own can be edited and taken back. */
export function Actions({ message, isOwn, editing, onReply }: ActionsProps) {
  return (
    <div class="chat-actions">
      <React message={message} />
      <button type="button" class="chat-action" onClick={() => onReply(message)}>
        Reply
      </button>
      {isOwn && (
        <>
          <button
            type="button"
            class="chat-action"
            onClick={() => {
              editing.value = true;
            }}
          >
            Edit
          </button>
          <TakeBack messageId={message.messageId} />
        </>
      )}
    </div>
  );
}

/** It can't be undone, so it takes a second press. */
function TakeBack({ messageId }: { readonly messageId: string }) {
  const asked = useSignal(false);
  const press = () => {
    if (asked.value) void act({ type: 'delete', messageId });
    asked.value = !asked.value;
  };
  return (
    <button
      type="button"
      class={asked.value ? 'chat-action danger' : 'chat-action'}
      onClick={press}
      onBlur={() => {
        asked.value = false;
      }}
    >
      {asked.value ? 'Delete for everybody?' : 'Delete'}
    </button>
  );
}
