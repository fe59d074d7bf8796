import { useSignal } from '@preact/signals';
import { isOver, type ListedRoom, type Sort, type SortKey, sorted } from '../rooms.ts';
import { linkTo } from '../router.ts';
import { count, mebibytes, perSecond } from '../words.ts';
import { StateBadge } from './badge.tsx';
import { RoomActions } from './room-actions.tsx';
import { Ago } from './time.tsx';

interface RoomTableProps {
  readonly rooms: readonly ListedRoom[];
  readonly refresh: () => void;
}

/** Heads in the order of the columns; one without a key can't be sorted by. */
const HEADS: readonly { readonly name: string; readonly key?: SortKey; readonly isNumber?: true }[] = [
  { name: 'Room', key: 'roomId' },
  { name: 'State', key: 'state' },
  { name: 'Bot · connector' },
  { name: 'Age', key: 'age', isNumber: true },
  { name: 'Events/s', key: 'rate', isNumber: true },
  { name: 'Violations', key: 'violations', isNumber: true },
  { name: 'Memory', key: 'memory', isNumber: true },
  { name: 'Last heard', key: 'lastEvent', isNumber: true },
];

export function RoomTable({ rooms, refresh }: RoomTableProps) {
  const sort = useSignal<Sort>({ key: 'roomId', descending: false });
  return (
    <table class="rooms">
      <thead>
        <tr>
          {HEADS.map(({ name, key, isNumber }) => (
            <th key={name} scope="col" class={isNumber && 'number'} aria-sort={sortOf(key, sort.value)}>
              {key === undefined ? (
                name
              ) : (
                <button
                  type="button"
                  class="head"
                  onClick={() => {
                    // What is large is looked for first.
                    const descending = sort.value.key === key ? !sort.value.descending : isNumber === true;
                    sort.value = { key, descending };
                  }}
                >
                  {name}
                  <span aria-hidden="true">{ARROWS[sortOf(key, sort.value)]}</span>
                </button>
              )}
            </th>
          ))}
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted(rooms, sort.value).map((room) => (
          <RoomRow key={room.roomId} room={room} refresh={refresh} />
        ))}
      </tbody>
    </table>
  );
}

const ARROWS = { none: '', ascending: ' ↑', descending: ' ↓' } as const;

function sortOf(key: SortKey | undefined, sort: Sort): keyof typeof ARROWS {
  if (key !== sort.key) return 'none';
  return sort.descending ? 'descending' : 'ascending';
}

function RoomRow({ room, refresh }: { readonly room: ListedRoom; readonly refresh: () => void }) {
  const { roomId, state, bot, connector, startedAt, rate, counts, usage, lastEventAt, attempt, stop } = room;
  return (
    <tr>
      <th scope="row" class="room-name">
        <a href={linkTo('rooms', roomId)}>{roomId}</a>
      </th>
      <td data-name="State">
        <StateBadge state={state} />
        {(stop !== null || attempt > 1) && (
          <span class="muted note">
            {[stop?.reason, attempt > 1 ? `attempt ${attempt}` : undefined].filter(Boolean).join(', ')}
          </span>
        )}
      </td>
      <td data-name="Bot">
        {bot} · {connector}
      </td>
      <td data-name={isOver(room) ? 'Started' : 'Age'} class="number">
        <Ago at={startedAt} suffix={isOver(room) ? ' ago' : ''} />
      </td>
      <td data-name="Events/s" class="number">
        {rate === null || isOver(room) ? '–' : perSecond(rate)}
      </td>
      <td data-name="Violations" class={counts.violations > 0 ? 'number bad' : 'number'}>
        {counts.violations > 0 && <span aria-hidden="true">✕ </span>}
        {count(counts.violations)}
      </td>
      <td data-name="Memory" class="number">
        {usage === null ? '–' : mebibytes(usage.pssBytes)}
      </td>
      <td data-name="Last heard" class="number">
        {lastEventAt === null ? '–' : <Ago at={lastEventAt} />}
      </td>
      <td class="actions">
        <RoomActions room={room} onDone={refresh} />
      </td>
    </tr>
  );
}
