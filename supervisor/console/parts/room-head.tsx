import type { ComponentChildren } from 'preact';
import { isOver, type RoomView } from '../rooms.ts';
import { linkTo } from '../router.ts';
import { count, mebibytes, percent, several } from '../words.ts';
import { StateBadge } from './badge.tsx';
import { RoomActions } from './room-actions.tsx';
import { Ago, Time } from './time.tsx';

/** Which room this is and how it is, at a glance. */
export function RoomHead({ room, refresh }: { readonly room: RoomView; readonly refresh: () => void }) {
  const { roomId, state, bot, connector, call, assistantId, tenantId, attempt, runId, startedAt, lastEventAt, usage } =
    room;
  const { events, violations, rejected, dropped } = room.counts;
  return (
    <header class="room-head">
      <div class="page-head">
        <h1>{roomId}</h1>
        <StateBadge state={state} />
        <span class="at-end">
          <RoomActions room={room} onDone={refresh} />
        </span>
      </div>
      <dl class="room-facts">
        <Fact name="Bot">
          {bot} on {connector}
        </Fact>
        {call !== null && (
          <Fact name="Call">
            <Call call={call} />
          </Fact>
        )}
        {assistantId !== null && <Fact name="Assistant">{assistantId}</Fact>}
        {tenantId !== null && <Fact name="Tenant">{tenantId}</Fact>}
        <Fact name={isOver(room) ? 'Started' : 'Runs for'}>
          {isOver(room) ? <Time at={startedAt} /> : <Ago at={startedAt} suffix="" />}
        </Fact>
        <Fact name="Bot last heard">{lastEventAt === null ? 'never' : <Ago at={lastEventAt} />}</Fact>
        <Fact name="Events">{count(events)}</Fact>
        <Fact name="Violations" bad={violations > 0}>
          {violations > 0 ? (
            <a href={linkTo('rooms', roomId, 'policy')}>
              <span aria-hidden="true">✕ </span>
              {count(violations)}
            </a>
          ) : (
            '0'
          )}
        </Fact>
        {rejected + dropped > 0 && (
          <Fact name="Lost" bad>
            {several(rejected, 'line')} rejected, {count(dropped)} dropped
          </Fact>
        )}
        {usage !== null && (
          <Fact name="Takes">
            {mebibytes(usage.pssBytes)}, {percent(usage.cpuShare)} of a processor
          </Fact>
        )}
        <Fact name="Run">
          <span title={runId}>attempt {attempt}</span>
        </Fact>
      </dl>
    </header>
  );
}

/** Where people enter it, as far as that is known: its address, or its name. */
function Call({ call }: { readonly call: string }) {
  if (!call.startsWith('https://')) return call;
  return (
    <a href={call} target="_blank" rel="noopener noreferrer">
      {call.slice('https://'.length)}
    </a>
  );
}

interface FactProps {
  readonly name: string;
  readonly bad?: boolean;
  readonly children: ComponentChildren;
}

function Fact({ name, bad = false, children }: FactProps) {
  return (
    <div class={bad ? 'bad' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
