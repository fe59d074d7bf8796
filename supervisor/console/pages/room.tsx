import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Empty } from '../parts/empty.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import { usePolled } from '../parts/polled.ts';
import { RoomEnd } from '../parts/room-end.tsx';
import { RoomHead } from '../parts/room-head.tsx';
import { StartDialog } from '../parts/start-dialog.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { isOver, type RoomView } from '../rooms.ts';
import { linkTo, type Route } from '../router.ts';
import { ChartsTab } from './charts.tsx';
import { ChatTab } from './chat.tsx';
import { PolicyTab } from './policy.tsx';

const LOOK_MS = 3_000;

type Tab = Extract<Route, { page: 'room' }>['tab'];

interface RoomPageProps {
  readonly roomId: string;
  readonly tab: Tab;
}

export function RoomPage({ roomId, tab }: RoomPageProps) {
  const path = `/v1/rooms/${encodeURIComponent(roomId)}`;
  const { value: room, refusal, refresh } = usePolled<RoomView>(path, LOOK_MS, (news) => news.roomId === roomId);
  if (refusal?.status === 404 && room === undefined) return <NoRoom roomId={roomId} refresh={refresh} />;
  return (
    <>
      {room === undefined ? <h1>{roomId}</h1> : <RoomHead room={room} refresh={refresh} />}
      <RefusalNotice refusal={refusal} />
      {room !== undefined && <RoomEnd room={room} />}
      <Tabs roomId={roomId} tab={tab} />
      <TabPanel tab={tab} roomId={roomId} room={room} />
    </>
  );
}

const TABS: readonly (readonly [Tab, string])[] = [
  ['events', 'Events'],
  ['charts', 'Charts'],
  ['chat', 'Chat'],
  ['policy', 'Policy'],
];

function Tabs({ roomId, tab }: RoomPageProps) {
  return (
    <nav class="tabs" aria-label={`Room ${roomId}`}>
      {TABS.map(([name, words]) => (
        <a key={name} href={linkTo('rooms', roomId, name)} aria-current={name === tab ? 'page' : undefined}>
          {words}
        </a>
      ))}
    </nav>
  );
}

/** What the room's tab shows. */
function TabPanel({ tab, roomId, room }: RoomPageProps & { readonly room: RoomView | undefined }): ComponentChildren {
  switch (tab) {
    case 'events':
      return (
        <>
          <h2 class="visually-hidden">Events</h2>
          <Timeline showRoom={false} empty={<Empty title="No events yet. They show here as they happen." />} />
        </>
      );
    case 'charts':
      return (
        <>
          <h2 class="visually-hidden">Charts</h2>
          <ChartsTab roomId={roomId} />
        </>
      );
    case 'chat':
      return room && <ChatTab roomId={roomId} connector={room.connector} ended={isOver(room)} />;
    case 'policy':
      return room && <PolicyTab room={room} />;
  }
}

function NoRoom({ roomId, refresh }: { readonly roomId: string; readonly refresh: () => void }) {
  const starting = useSignal(false);
  const close = () => {
    starting.value = false;
  };
  return (
    <>
      <h1>{roomId}</h1>
      <Empty title="No room of that name runs, and no events of one are kept.">
        <p class="row-of-buttons">
          <button
            type="button"
            class="primary"
            onClick={() => {
              starting.value = true;
            }}
          >
            Start it
          </button>
          <a href={linkTo()}>All rooms</a>
        </p>
      </Empty>
      {starting.value && (
        <StartDialog
          taken={[]}
          roomId={roomId}
          onClose={close}
          onStarted={(started) => {
            close();
            location.hash = linkTo('rooms', started);
            refresh();
          }}
        />
      )}
    </>
  );
}
