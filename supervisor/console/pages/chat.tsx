import { Conversation } from '../chat/conversation.tsx';
import { People } from '../chat/people.tsx';
import { RoomChat } from '../chat/room-chat.tsx';

interface ChatTabProps {
  readonly roomId: string;
  readonly connector: string;
  /** Nobody can enter any more. */
  readonly ended: boolean;
}

/** What is said in a room. In a local one that runs, one can take part. */
export function ChatTab({ roomId, connector, ended }: ChatTabProps) {
  if (connector === 'local') return <RoomChat key={roomId} roomId={roomId} ended={ended} canInvite />;
  const why = ended ? 'This room has ended' : `People are in this room by way of ${connector}`;
  return (
    <div class="chat">
      <div class="chat-main">
        <Conversation empty="Nothing was said here, or what was said is no longer kept." onReply={() => {}} />
        <p class="chat-why">{why}: one can read here, and not write.</p>
      </div>
      <div class="chat-side">
        <People />
      </div>
    </div>
  );
}
