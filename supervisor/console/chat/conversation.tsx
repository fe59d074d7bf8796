import { useEffect, useRef } from 'preact/hooks';
import { chat } from '../live.ts';
import type { ChatMessage } from '../worker/protocol.ts';
import { Message } from './message.tsx';

/** So near the end one counts as reading the newest, in pixels. */
const NEAR = 48;

interface ConversationProps {
  readonly empty: string;
  onReply(message: ChatMessage): void;
}

/** What was said, newest at the bottom; it stays at the end unless one scrolls up. */
export function Conversation({ empty, onReply }: ConversationProps) {
  const { messages } = chat.value;
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [messages]);
  const byId = new Map(messages.map((message) => [message.messageId, message]));
  const onScroll = ({ currentTarget: { scrollTop, clientHeight, scrollHeight } }: { currentTarget: HTMLElement }) => {
    follows.current = scrollTop + clientHeight >= scrollHeight - NEAR;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div ref={box} class="chat-log" role="log" aria-label="Messages" tabIndex={0} onScroll={onScroll}>
      {messages.length === 0 && <p class="chat-empty">{empty}</p>}
      <ol>
        {messages.map((message) => (
          <Message
            key={message.messageId}
            message={message}
            answers={message.replyTo === undefined ? undefined : byId.get(message.replyTo)}
            onReply={onReply}
          />
        ))}
      </ol>
    </div>
  );
}
