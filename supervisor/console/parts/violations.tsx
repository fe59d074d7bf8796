import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, timeline } from '../live.ts';
import type { Row } from '../worker/protocol.ts';
import { Empty } from './empty.tsx';
import { EnvelopeDialog } from './envelope-dialog.tsx';
import { Time } from './time.tsx';

const SHOWN = 200;
const TOPICS = ['conversation.policy.violation', 'supervisor.policy.enforced'];

/** What broke the policy and what followed from it, the newest first; each opens its event. */
export function Violations() {
  const rows = useSignal<readonly Row[]>([]);
  const opened = useSignal<string | null>(null);
  const { kept, version, caughtUp } = timeline.value;
  useEffect(() => {
    let over = false;
    Promise.all(TOPICS.map((topic) => ask({ type: 'newest', topic, count: SHOWN }))).then(
      (found) => {
        if (!over) rows.value = newestFirst(found.flat()).slice(0, SHOWN);
      },
      () => undefined,
    );
    return () => {
      over = true;
    };
  }, [kept, version]);
  if (rows.value.length === 0) {
    return caughtUp ? <Empty title="No rule has been broken, as far as the events that are kept tell." /> : null;
  }
  return (
    <>
      <ol class="violations">
        {rows.value.map((row) => (
          <li key={row.position} class={row.tone}>
            <button
              type="button"
              onClick={() => {
                opened.value = row.position;
              }}
            >
              <Time at={row.ts} />
              <span>
                <span aria-hidden="true">{row.topic === 'supervisor.policy.enforced' ? '→ ' : '✕ '}</span>
                {row.summary}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {opened.value !== null && <EnvelopeDialog opened={opened} />}
    </>
  );
}

/** Offsets in one log tell what came first; times are those of several clocks. */
function newestFirst(rows: readonly Row[]): Row[] {
  const offset = ({ position }: Row) => Number(position.slice(position.lastIndexOf('.') + 1));
  return [...rows].sort((a, b) => offset(b) - offset(a));
}
