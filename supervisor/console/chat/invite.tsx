import { useSignal } from '@preact/signals';
import { call, refusalOf } from '../api.ts';
import { copyText } from '../parts/copy.tsx';
import { RefusalNotice } from '../parts/notice.tsx';
import { token } from '../session.ts';
import { exactTime } from '../words.ts';
import type { Refusal } from '../worker/protocol.ts';

const DAY_S = 86_400;

type Invitation = { readonly url: string; readonly copied: boolean; readonly expiresAt: number | undefined };

/** Makes a link that lets somebody into this room and nowhere else, and copies it. */
export function Invite({ roomId }: { readonly roomId: string }) {
  const made = useSignal<Invitation | Refusal | undefined>(undefined);
  const make = async () => {
    try {
      const { ticket, expiresAt } = await ticketFor(roomId);
      const query = ticket === undefined ? '' : `?ticket=${encodeURIComponent(ticket)}`;
      const url = `${location.origin}/#/join/${encodeURIComponent(roomId)}${query}`;
      const copied = await copyText(url).then(
        () => true,
        () => false,
      );
      made.value = { url, copied, expiresAt };
    } catch (error) {
      made.value = refusalOf(error);
    }
  };
  return (
    <div class="chat-invite">
      <button type="button" onClick={make}>
        Invite
      </button>
      <div role="status">{made.value !== undefined && <Outcome made={made.value} />}</div>
    </div>
  );
}

function Outcome({ made }: { readonly made: Invitation | Refusal }) {
  if (!('url' in made)) return <RefusalNotice refusal={made} />;
  const { url, copied, expiresAt } = made;
  return (
    <>
      <input readOnly value={url} aria-label="Invitation" onFocus={({ currentTarget }) => currentTarget.select()} />
      <p>
        {copied ? 'The link is copied.' : 'Copy the link.'}{' '}
        {expiresAt === undefined
          ? 'Whoever can reach this address can enter.'
          : `Whoever has it can enter until ${exactTime(expiresAt)}.`}
      </p>
    </>
  );
}

/** Without a token everybody may do everything, so an invitation needs none. */
async function ticketFor(roomId: string): Promise<{ ticket?: string; expiresAt: number | undefined }> {
  if (token.value === null) return { expiresAt: undefined };
  return call('POST', '/v1/tickets', { scopes: ['rooms:join'], rooms: [roomId], seconds: DAY_S });
}
