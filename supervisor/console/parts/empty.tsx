import type { ComponentChildren } from 'preact';

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
  /** What does the same from a command line. */
  readonly command?: string | undefined;
}

/** There is nothing here, and what to do about it. */
export function Empty({ title, children, command }: EmptyProps) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
      {command !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <pre class="command" tabIndex={0}>
          <code>{command}</code>
        </pre>
      )}
    </div>
  );
}
