import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { chat, link } from '../live.ts';
import { RefusalNotice } from '../parts/notice.tsx';
import type { ChatMessage } from '../worker/protocol.ts';
import { Composer } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { Ended } from './ended.tsx';
import { Entrance } from './entrance.tsx';
import { Invite } from './invite.tsx';
import { People } from './people.tsx';
import { enter, keptSeat, lastName, leave, notice } from './seat.ts';
import { Typing } from './typing.tsx';
import { usePresence } from './use-presence.ts';

interface RoomChatProps {
  readonly roomId: string;
  /** Nobody can enter any more, as the supervisor says; whoever was in is told by the room itself. */
  readonly ended?: boolean;
  readonly canInvite: boolean;
}

/** A local room to be in: who is there, what is said, and a box to write in. */
export function RoomChat({ roomId, canInvite, ended = false }: RoomChatProps) {
  const draft = useSignal('');
  const answers = useSignal<ChatMessage | undefined>(undefined);
  const isOut = chat.value.self === null;
  const isOver = isOut && (ended || chat.value.ended);
  useEffect(() => forgetNotice, []);
  useKeptSeat(roomId, isOut && !ended);
  usePresence(!isOut);
  const done = () => {
    answers.value = undefined;
  };
  return (
    <div class="chat">
      <div class="chat-main">
        <Conversation
          empty="Nobody has said anything yet. Be the first: say hello."
          onReply={(message) => {
            answers.value = message;
          }}
        />
        <Typing />
        <RefusalNotice refusal={isOver ? undefined : (notice.value ?? undefined)} />
        {isOver ? (
          <Ended draft={draft.value} />
        ) : isOut ? (
          <Entrance roomId={roomId} />
        ) : (
          <Composer draft={draft} answers={answers.value} onAnswered={done} />
        )}
      </div>
      <div class="chat-side">
        <People />
        {canInvite && !isOver && <Invite roomId={roomId} />}
        {!isOut && (
          <button type="button" onClick={() => leave(roomId)}>
            Leave the room
          </button>
        )}
      </div>
    </div>
  );
}

/** What was refused in one room is of no interest in another. */
function forgetNotice(): void {
  notice.value = null;
}

/** After a reload, or when roomd is back, the place that was ours is taken again: once a connection. */
function useKeptSeat(roomId: string, isOut: boolean): void {
  const connection = link.value;
  const tried = useRef<typeof connection | null>(null);
  useEffect(() => {
    if (connection.state !== 'live' || tried.current === connection) return;
    tried.current = connection;
    notice.value = null;
    if (isOut && keptSeat(roomId) !== null) void enter(roomId, lastName());
  }, [roomId, connection, isOut]);
}
