import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RedriveProgress } from '../../forward/api.ts';
import { refusalOf } from '../api.ts';
import { Empty } from '../parts/empty.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import type { Refusal } from '../worker/protocol.ts';
import { Filter } from './filter.tsx';
import { Letter } from './letter.tsx';
import { LetterTable } from './letter-table.tsx';
import { Progress } from './progress.tsx';
import { cancelRedrive, MAX_IDS, redrive } from './redrive.ts';
import { type LetterFilter, useLetters } from './use-letters.ts';

interface LettersProps {
  /** Of the redrive that runs or ran last. */
  readonly progress: RedriveProgress | null;
  /** How many there are, whatever the filter. */
  readonly total: number;
  /** Asks where forwarding stands at once. */
  refresh(): void;
}

/** Events that couldn't be delivered: listed, opened, and sent again. */
export function DeadLetters({ progress, total, refresh }: LettersProps) {
  const filter = useSignal<LetterFilter>({});
  const selected = useSignal<ReadonlySet<string>>(new Set());
  const opened = useSignal<string | null>(null);
  const refusal = useSignal<Refusal | undefined>(undefined);
  const letters = useLetters(filter.value);
  const isRunning = progress?.state === 'running';
  const isFiltered = Object.keys(filter.value).length > 0;
  // What has arrived is a dead letter no more, and new ones come.
  useEffect(() => {
    if (!isRunning) letters.reload();
  }, [isRunning, progress?.startedAt, total]);

  const send = (selection: Parameters<typeof redrive>[0]) => {
    redrive(selection).then(
      () => {
        refusal.value = undefined;
        selected.value = new Set();
        refresh();
      },
      (error: unknown) => {
        refusal.value = refusalOf(error);
      },
    );
  };
  const cancel = () => {
    cancelRedrive()
      .catch((error: unknown) => {
        refusal.value = refusalOf(error);
      })
      .finally(refresh);
  };
  // What isn't listed any more can't be seen to be selected.
  const ids = letters.list.map(({ id }) => id).filter((id) => selected.value.has(id));
  return (
    <section class="panel" aria-labelledby="letters">
      <h2 id="letters">Dead letters</h2>
      <p class="about">
        Events that can't be delivered as they are. Mend the cause, then send them again; what arrives leaves the list.
      </p>
      {progress !== null && <Progress progress={progress} onCancel={cancel} />}
      <RefusalNotice refusal={refusal.value ?? letters.refusal} />
      {(total > 0 || isFiltered) && (
        <Filter
          onFilter={(next) => {
            filter.value = next;
            selected.value = new Set();
          }}
        />
      )}
      {letters.list.length === 0 && !letters.loading ? (
        <Empty
          title={isFiltered ? 'No dead letter is like that.' : 'There are none: nothing had to be set aside.'}
          command={isFiltered ? undefined : 'roomd dead-letters ls'}
        />
      ) : (
        <>
          <div class="letters-actions">
            <button
              type="button"
              class="primary"
              disabled={isRunning || ids.length === 0 || ids.length > MAX_IDS}
              onClick={() => send({ ids })}
            >
              Send selected again ({ids.length})
            </button>
            <button type="button" disabled={isRunning} onClick={() => send(filter.value)}>
              {isFiltered ? 'Send all that match again' : 'Send all again'}
            </button>
          </div>
          <LetterTable
            letters={letters.list}
            selected={selected.value}
            onSelect={(next) => {
              selected.value = next;
            }}
            onOpen={(id) => {
              opened.value = id;
            }}
          />
          {letters.more && (
            <button type="button" disabled={letters.loading} onClick={letters.loadMore}>
              Show more
            </button>
          )}
        </>
      )}
      {opened.value !== null && (
        <Letter
          id={opened.value}
          onClose={() => {
            opened.value = null;
          }}
        />
      )}
    </section>
  );
}
