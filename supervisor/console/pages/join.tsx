import { useLayoutEffect } from 'preact/hooks';
import { RoomChat } from '../chat/room-chat.tsx';
import { link } from '../live.ts';
import { Notice } from '../parts/notice.tsx';
import { linkTo } from '../router.ts';
import { keepTicket } from '../session.ts';

interface JoinPageProps {
  readonly roomId: string;
  /** null: the invitation has none, or it was taken already. */
  readonly ticket: string | null;
}

/** A room's chat alone, for who was invited. The ticket goes from the address bar into this tab's storage. */
export function JoinPage({ roomId, ticket }: JoinPageProps) {
  useLayoutEffect(() => {
    if (ticket === null) return;
    keepTicket(roomId, ticket);
    history.replaceState(null, '', linkTo('join', roomId));
  }, [roomId, ticket]);
  const { state } = link.value;
  return (
    <main id="main" class="join" tabIndex={-1}>
      <h1>{roomId}</h1>
      {state === 'refused' ? (
        <Notice tone="bad">The invitation isn't valid, or not any more: ask for a new one.</Notice>
      ) : (
        <RoomChat key={roomId} roomId={roomId} canInvite={false} />
      )}
    </main>
  );
}
