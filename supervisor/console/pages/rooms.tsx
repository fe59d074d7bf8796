import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { Empty } from '../parts/empty.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import { usePolled } from '../parts/polled.ts';
import { RoomTable } from '../parts/room-table.tsx';
import { StartDialog } from '../parts/start-dialog.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { Rates, type RoomView } from '../rooms.ts';
import { linkTo } from '../router.ts';
import { several } from '../words.ts';

const LOOK_MS = 3_000;

interface RoomList {
  readonly rooms: readonly RoomView[];
  readonly next?: string;
}

export function RoomsPage() {
  const ended = useSignal(false);
  const starting = useSignal(false);
  const path = `/v1/rooms?running=${!ended.value}`;
  const { value, refusal, refresh } = usePolled<RoomList>(
    path,
    LOOK_MS,
    ({ topic }) => !topic.startsWith('conversation'),
  );
  const rates = useRef<Rates>(null);
  rates.current ??= new Rates();
  const known = rates.current;
  const rooms = useMemo(() => known.look(value?.rooms ?? [], systemClock.monotonic()), [value]);
  return (
    <>
      <div class="page-head">
        <h1>Rooms</h1>
        <fieldset class="switch">
          <legend class="visually-hidden">Which rooms</legend>
          {[false, true].map((over) => (
            <button
              key={String(over)}
              type="button"
              aria-pressed={ended.value === over}
              onClick={() => {
                ended.value = over;
              }}
            >
              {over ? 'Ended' : 'Running'}
            </button>
          ))}
        </fieldset>
        <span class="muted">{value !== undefined && several(rooms.length, 'room')}</span>
        <button
          type="button"
          class="primary at-end"
          onClick={() => {
            starting.value = true;
          }}
        >
          Start a room
        </button>
      </div>
      <RefusalNotice refusal={refusal} />
      {rooms.length > 0 && <RoomTable rooms={rooms} refresh={refresh} />}
      {value !== undefined && rooms.length === 0 && <NoRooms ended={ended.value} />}
      {value?.next !== undefined && <p class="muted">These are the first {rooms.length}; the API lists them all.</p>}
      <h2 class="section-head">Latest events</h2>
      <Timeline
        showRoom
        empty={<Empty title="Nothing has happened yet. What happens in any room shows here at once." />}
      />
      {starting.value && (
        <StartDialog
          taken={rooms.map(({ roomId }) => roomId)}
          onClose={() => {
            starting.value = false;
          }}
          onStarted={(roomId) => {
            starting.value = false;
            location.hash = linkTo('rooms', roomId);
          }}
        />
      )}
    </>
  );
}

function NoRooms({ ended }: { readonly ended: boolean }) {
  if (ended)
    return <Empty title="No room has ended yet. Those that have stay here as long as their events are kept." />;
  const body = '\'{"roomId": "lobby"}\'';
  return (
    <Empty
      title="No room is running."
      command={`curl -X POST ${location.origin}/v1/rooms -H 'Content-Type: application/json' -d ${body}`}
    >
      <p>Start one with the button above, or from a terminal:</p>
    </Empty>
  );
}
