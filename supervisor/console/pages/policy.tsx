import type { RoomPolicy } from '../../room/api.ts';
import { Badge } from '../parts/badge.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import { usePolled } from '../parts/polled.ts';
import { Time } from '../parts/time.tsx';
import { Violations } from '../parts/violations.tsx';
import { policyFields } from '../policy-words.ts';
import { isOver, type RoomView } from '../rooms.ts';
import { shortHash } from '../words.ts';

const LOOK_MS = 10_000;

/** The policy in force, where each of its fields comes from, and what was done against it. */
export function PolicyTab({ room }: { readonly room: RoomView }) {
  const { roomId } = room;
  const path = `/v1/rooms/${encodeURIComponent(roomId)}/policy`;
  const { value: answer, refusal } = usePolled<RoomPolicy>(path, LOOK_MS, (news) => news.roomId === roomId);
  return (
    <div class="policy">
      <section aria-labelledby="policy-head">
        <h2 id="policy-head">Policy in force</h2>
        <RefusalNotice refusal={refusal} />
        {answer !== undefined && <InForce answer={answer} over={isOver(room)} />}
      </section>
      <section aria-labelledby="violations-head">
        <h2 id="violations-head">Violations and what was done</h2>
        <Violations />
      </section>
    </div>
  );
}

function InForce({ answer, over }: { readonly answer: RoomPolicy; readonly over: boolean }) {
  const { policyVersion, layers, policy, provenance, acknowledged, restrictions } = answer;
  const isKnown = acknowledged === policyVersion;
  return (
    <>
      <p class="policy-facts">
        <span>
          Version <code title={policyVersion}>{shortHash(policyVersion)}</code>
        </span>
        {isKnown || !over ? (
          <Badge tone={isKnown ? 'good' : 'warn'}>
            {isKnown ? 'the bot has acknowledged it' : 'the bot has not acknowledged it yet'}
          </Badge>
        ) : null}
        <span class="muted">from {layers.join(' + ')}</span>
      </p>
      {restrictions.length > 0 && (
        <ul class="restrictions">
          {restrictions.map(({ rule, causeId, at }) => (
            <li key={causeId}>
              <Badge tone="warn">restricted</Badge> because of <code>{rule}</code>, <Time at={at} />
            </li>
          ))}
        </ul>
      )}
      <table class="policy-fields">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">What holds</th>
            <th scope="col">Given by</th>
          </tr>
        </thead>
        <tbody>
          {policyFields(policy, provenance).map(({ path, lines, layers: givers }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td data-name="What holds">
                <Lines lines={lines} />
              </td>
              <td data-name="Given by" class="muted">
                {givers.join(' + ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Of a long list the rest is folded away. */
const SHOWN = 8;

function Lines({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length <= 1) return <>{lines[0] ?? 'none'}</>;
  return (
    <>
      <LineList lines={lines.slice(0, SHOWN)} />
      {lines.length > SHOWN && (
        <details>
          <summary>{lines.length - SHOWN} more</summary>
          <LineList lines={lines.slice(SHOWN)} />
        </details>
      )}
    </>
  );
}

function LineList({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
