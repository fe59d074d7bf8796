import { useSignal } from '@preact/signals';
import { call } from '../api.ts';
import { isOver, type RoomView } from '../rooms.ts';
import { Confirm } from './confirm.tsx';

interface RoomActionsProps {
  readonly room: RoomView;
  readonly onDone: () => void;
}

/** Stop it, or let its id be used again: whatever can be done with the room as it is. */
export function RoomActions({ room, onDone }: RoomActionsProps) {
  const asking = useSignal<'stop' | 'release' | null>(null);
  const { roomId, state, quarantine } = room;
  const path = `/v1/rooms/${encodeURIComponent(roomId)}`;
  const close = () => {
    asking.value = null;
  };
  const action = isOver(room) ? (quarantine === null ? null : 'release') : 'stop';
  return (
    <>
      {action !== null && (
        <button
          type="button"
          disabled={state === 'stopping'}
          aria-label={`${action === 'stop' ? 'Stop' : 'Release'} ${roomId}`}
          onClick={() => {
            asking.value = action;
          }}
        >
          {action === 'stop' ? 'Stop' : 'Release'}
        </button>
      )}
      {asking.value === 'stop' && (
        <Confirm
          title={`Stop ${roomId}?`}
          action="Stop the room"
          onConfirm={() => call('DELETE', path).then(onDone)}
          onClose={close}
        >
          <p>Its bot leaves in an orderly way, and the room is over. Its events stay as long as they are kept.</p>
        </Confirm>
      )}
      {asking.value === 'release' && (
        <Confirm
          title={`Release ${roomId}?`}
          action="Release the room"
          onConfirm={() => call('DELETE', `${path}/quarantine`).then(onDone)}
          onClose={close}
        >
          <p>The room broke its policy, and its id is refused for a time. Released, it can be started again at once.</p>
        </Confirm>
      )}
    </>
  );
}
