import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { link, tell, timeline } from '../live.ts';
import type { Filter } from '../worker/protocol.ts';
import { Empty } from './empty.tsx';
import { EnvelopeDialog } from './envelope-dialog.tsx';
import { TimelineBar } from './timeline-bar.tsx';
import { TimelineList } from './timeline-list.tsx';

interface TimelineProps {
  /** A column that names the room: of no use where all events are of one. */
  readonly showRoom: boolean;
  /** What stands there as long as there are no events at all. */
  readonly empty: ComponentChildren;
}

/** Events as they happen: filtered, searched, paused, opened. */
export function Timeline({ showRoom, empty }: TimelineProps) {
  const filter = useSignal<Filter>({});
  const paused = useSignal(false);
  const opened = useSignal<string | null>(null);
  useEffect(() => tell({ type: 'filter', filter: filter.value }), [filter.value]);
  useEffect(() => tell({ type: 'pause', paused: paused.value }), [paused.value]);
  // The next one to show a timeline finds everything in it.
  useEffect(
    () => () => {
      tell({ type: 'filter', filter: {} });
      tell({ type: 'pause', paused: false });
    },
    [],
  );
  const { kept, caughtUp } = timeline.value;
  const none =
    link.value.state === 'refused' ? <Empty title="No events come; what is said above is why." /> : caughtUp && empty;
  return (
    <section class="timeline" aria-label="Events">
      <TimelineBar filter={filter} paused={paused} />
      {kept === 0 && none !== false ? (
        none
      ) : (
        <TimelineList
          showRoom={showRoom}
          onOpen={(position) => {
            opened.value = position;
          }}
        />
      )}
      {opened.value !== null && <EnvelopeDialog opened={opened} />}
    </section>
  );
}
