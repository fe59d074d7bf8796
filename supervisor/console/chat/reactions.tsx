import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { chat } from '../live.ts';
import type { ChatMessage } from '../worker/protocol.ts';
import { act } from './seat.ts';

const CHOICE = [
  ['👍', 'thumbs up'],
  ['❤️', 'heart'],
  ['😂', 'laughing'],
  ['🎉', 'party'],
  ['👀', 'eyes'],
  ['✅', 'check mark'],
] as const;

/** Who has reacted to a message and how; pressing one adds one's own or takes it back. */
export function Reactions({ message: { messageId, reactions } }: { readonly message: ChatMessage }) {
  const { names, self } = chat.value;
  const entries = Object.entries(reactions);
  if (entries.length === 0) return null;
  return (
    <ul class="chat-reactions" aria-label="Reactions">
      {entries.map(([emoji, ids]) => {
        const who = ids.map((id) => names[id] ?? id).join(', ');
        const isOwn = self !== null && ids.includes(self);
        return (
          <li key={emoji}>
            <button
              type="button"
              class="chat-reaction"
              aria-pressed={isOwn}
              title={who}
              disabled={self === null}
              onClick={() => act({ type: isOwn ? 'unreact' : 'react', messageId, emoji })}
            >
              {emoji} {ids.length} <span class="visually-hidden">by {who}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** A button that opens a few emoji to choose from. */
export function React({ message: { messageId, reactions } }: { readonly message: ChatMessage }) {
  const open = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { self } = chat.value;
  const choose = (emoji: string) => {
    open.value = false;
    opener.current?.focus();
    const isOwn = self !== null && (reactions[emoji] ?? []).includes(self);
    void act({ type: isOwn ? 'unreact' : 'react', messageId, emoji });
  };
  const close = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open.value) return;
    open.value = false;
    opener.current?.focus();
  };
  return (
    <fieldset class="chat-react" aria-label="React" onKeyDown={close}>
      <button
        ref={opener}
        type="button"
        class="chat-action"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        React
      </button>
      {open.value &&
        CHOICE.map(([emoji, name]) => (
          <button key={emoji} type="button" class="chat-emoji" aria-label={name} onClick={() => choose(emoji)}>
            {emoji}
          </button>
        ))}
    </fieldset>
  );
}
