import { useId } from 'preact/hooks';

interface FieldProps {
  readonly name: string;
  readonly hint?: string;
  /** Why the supervisor refuses what stands there. */
  readonly fault?: string | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly isNumber?: boolean;
  readonly required?: boolean;
  /** More than one line of text. */
  readonly lines?: number;
}

/** A line to type into, with its name, a hint, and what is wrong with it. */
export function Field({ name, hint, fault, value, onValue, isNumber = false, required = false, lines }: FieldProps) {
  const id = useId();
  const shared = {
    id,
    value,
    required,
    spellcheck: false,
    autocomplete: 'off',
    'aria-invalid': fault !== undefined,
    'aria-describedby': `${id}-hint`,
  } as const;
  return (
    <div class="field">
      <label for={id}>
        <span class="field-name">{name}</span>
        {lines === undefined ? (
          <input
            {...shared}
            type="text"
            inputMode={isNumber ? 'decimal' : 'text'}
            onInput={({ currentTarget }) => onValue(currentTarget.value)}
          />
        ) : (
          <textarea {...shared} rows={lines} onInput={({ currentTarget }) => onValue(currentTarget.value)} />
        )}
      </label>
      <p id={`${id}-hint`} class={fault === undefined ? 'field-hint' : 'field-fault'}>
        {fault ?? hint}
      </p>
    </div>
  );
}
