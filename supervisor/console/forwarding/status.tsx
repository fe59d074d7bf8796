import type { ComponentChildren } from 'preact';
import type { ForwardStatus } from '../../forward/api.ts';
import { Badge, type Tone } from '../parts/badge.tsx';
import { Notice } from '../parts/notice.tsx';
import { Ago } from '../parts/time.tsx';
import { count, span } from '../words.ts';

const STATES: Readonly<Record<ForwardStatus['state'], readonly [Tone, string]>> = {
  flowing: ['good', 'flowing'],
  deferred: ['warn', 'deferred'],
  held: ['bad', 'held: needs a person'],
  stopped: ['quiet', 'stopped'],
};

/** Where forwarding stands at the moment. */
export function Status({ status }: { readonly status: ForwardStatus }) {
  const { state, target, problem, backlog, lastDeliveredAt } = status;
  const [tone, word] = STATES[state];
  return (
    <>
      {problem !== null && <Notice tone={state === 'held' ? 'bad' : 'warn'}>{problem}</Notice>}
      <dl class="facts">
        <Fact name="State">
          <Badge tone={tone}>{word}</Badge>
        </Fact>
        <Fact name="Target">
          <code>{target}</code>
        </Fact>
        <Fact name="Waiting">
          {count(backlog.events)}
          {backlog.oldestMs !== null && `, the oldest for ${span(backlog.oldestMs)}`}
        </Fact>
        <Fact name="Delivered last">{lastDeliveredAt === null ? 'nothing yet' : <Ago at={lastDeliveredAt} />}</Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
