import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ForwardStatus } from '../../forward/api.ts';
import { read } from '../api.ts';
import { Chart } from '../charts/chart.tsx';
import { asCount, asRate } from '../charts/format.ts';
import type { Drawing } from '../charts/plot.ts';
import { Books } from '../forwarding/books.tsx';
import { DeadLetters } from '../forwarding/letters.tsx';
import { backlogSeries, keep, metricOf, sentSeries } from '../forwarding/standing.ts';
import { Status } from '../forwarding/status.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import { usePolled } from '../parts/polled.ts';

const LOOK_MS = 2_000;
/** While dead letters are sent again. */
const REDRIVE_LOOK_MS = 500;
const BATCHES = 'roomd_forward_requests_total';
const SENT: Drawing = { kind: 'lines', unit: asRate };
const BACKLOG: Drawing = { kind: 'lines', unit: asCount, whole: true };

/** Where forwarding stands, what became of every event, and what had to be set aside. */
export function ForwardingPage() {
  const every = useSignal(LOOK_MS);
  const { value: status, refusal, refresh } = usePolled<ForwardStatus>('/v1/forward', every.value, isOfForwarding);
  useEffect(() => {
    if (status === undefined) return;
    every.value = status.redrive?.state === 'running' ? REDRIVE_LOOK_MS : LOOK_MS;
    read('/metrics')
      .then((text) => metricOf(text, BATCHES))
      .catch(() => undefined)
      .then((batches) => keep(status, batches));
  }, [status]);
  return (
    <>
      <h1>Forwarding</h1>
      <RefusalNotice refusal={refusal} />
      {status !== undefined && (
        <>
          <Status status={status} />
          <div class="forwarding">
            <Books accounting={status.accounting} />
            <div class="forwarding-charts">
              <h2 class="visually-hidden">Over time</h2>
              <Chart
                title="Sent"
                about="Events and batches (PutEvents requests) a second."
                series={sentSeries()}
                drawing={SENT}
                empty="Watching; the first numbers come in a moment."
              />
              <Chart
                title="Backlog"
                about="Events that wait to be sent. A line that climbs: the target is slower than the rooms."
                series={backlogSeries()}
                drawing={BACKLOG}
                empty="Watching; the first numbers come in a moment."
              />
            </div>
          </div>
          <DeadLetters progress={status.redrive} total={status.accounting.deadLettered} refresh={refresh} />
        </>
      )}
    </>
  );
}

function isOfForwarding({ topic }: { readonly topic: string }): boolean {
  return topic.startsWith('forwarding.');
}
