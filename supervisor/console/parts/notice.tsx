import type { ComponentChildren } from 'preact';
import type { Refusal } from '../worker/protocol.ts';

interface NoticeProps {
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
  readonly children: ComponentChildren;
}

const SIGNS = { plain: 'ℹ', good: '✓', warn: '▲', bad: '✕' } as const;

/** Something worth knowing, above what it is about. */
export function Notice({ tone, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <span class="notice-sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      <div>{children}</div>
    </div>
  );
}

/** What was refused, in the supervisor's words. */
export function RefusalNotice({ refusal }: { readonly refusal: Refusal | undefined }) {
  if (refusal === undefined) return null;
  return (
    <Notice tone="bad">
      <strong>{refusal.title}.</strong> {refusal.detail}
    </Notice>
  );
}
