import { useSignal } from '@preact/signals';
import { chat } from '../live.ts';
import { Time } from '../parts/time.tsx';
import type { ChatMessage } from '../worker/protocol.ts';
import { Actions } from './actions.tsx';
import { Edit } from './edit.tsx';
import { Reactions } from './reactions.tsx';
import { Words } from './words.tsx';

interface MessageProps {
  readonly message: ChatMessage;
  /** The message that it answers, as far as it is known. */
  readonly answers: ChatMessage | undefined;
  onReply(message: ChatMessage): void;
}

/** One message: who, when, what became of it, and what one can do about it. */
export function Message({ message, answers, onReply }: MessageProps) {
  const { names, self } = chat.value;
  const editing = useSignal(false);
  const { participantId, isBot, text, ts, edited, moderated } = message;
  const isOwn = participantId === self;
  const canAct = self !== null && text !== undefined && !editing.value;
  return (
    <li class={isOwn ? 'chat-message own' : 'chat-message'} data-message={message.messageId}>
      {message.replyTo !== undefined && <Quote message={answers} />}
      <div class="chat-head">
        <b class="chat-name">{names[participantId] ?? participantId}</b>
        {isBot && <span class="chat-tag">bot</span>}
        <Time at={ts} />
        {edited && text !== undefined && <span class="chat-note">edited</span>}
        {canAct && <Actions message={message} isOwn={isOwn} editing={editing} onReply={onReply} />}
      </div>
      {editing.value && text !== undefined ? (
        <Edit messageId={message.messageId} text={text} editing={editing} />
      ) : (
        <Content message={message} />
      )}
      {text !== undefined && moderated.length > 0 && (
        <p class="chat-note">Parts are masked by the room's rules: {moderated.join(', ')}</p>
      )}
      <Reactions message={message} />
    </li>
  );
}

function Content({ message: { text, moderated } }: { readonly message: ChatMessage }) {
  if (text !== undefined) return <Words text={text} />;
  if (moderated.length === 0) return <p class="chat-gone">This message was taken back.</p>;
  return <p class="chat-gone">This message was kept out by the room's rules: {moderated.join(', ')}</p>;
}

function Quote({ message }: { readonly message: ChatMessage | undefined }) {
  if (message === undefined) return <p class="chat-quote">An answer to an earlier message</p>;
  const { names } = chat.value;
  const { participantId, text = 'a message that is gone' } = message;
  return (
    <p class="chat-quote">
      <b>{names[participantId] ?? participantId}</b> {text}
    </p>
  );
}
