/** Inputs with their labels, what is wrong with them, and buttons that say what they are waiting for. */
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { ApiError } from '../lib/api.ts';

interface LabelProps {
  readonly label: string;
  readonly hint?: string | undefined;
}

export function TextInput(
  props: LabelProps & {
    value: string;
    onInput: (value: string) => void;
    type?: 'text' | 'password';
    autocomplete?: string;
    required?: boolean;
    isFocused?: boolean;
    inputMode?: 'numeric' | 'text' | 'decimal';
    maxLength?: number;
  },
) {
  const id = useId();
  const { label, hint, value, onInput, isFocused } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(props.type === 'password' ? { type: 'password' as const } : { type: 'text' as const })}
        value={value}
        required={props.required ?? false}
        maxLength={props.maxLength ?? 512}
        autocomplete={(props.autocomplete ?? 'off') as never}
        inputMode={props.inputMode ?? 'text'}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        ref={(element) => {
          if (isFocused === true && element !== null && element.dataset['seen'] === undefined) {
            element.dataset['seen'] = '';
            element.focus();
          }
        }}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <small id={`${id}-hint`} class="muted">
          {hint}
        </small>
      )}
    </div>
  );
}

export function TextArea(props: LabelProps & { value: string; onInput: (value: string) => void; rows?: number }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <textarea
        id={id}
        rows={props.rows ?? 3}
        value={props.value}
        aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.hint !== undefined && (
        <small id={`${id}-hint`} class="muted">
          {props.hint}
        </small>
      )}
    </div>
  );
}

export function Select<T extends string>(
  props: LabelProps & { value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void },
) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as T)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** One thing at a time: what is being done, and what went wrong with the last one. */
export interface Task {
  readonly isBusy: boolean;
  readonly error: ApiError | null;
  readonly run: (work: () => Promise<void>) => void;
}

export function useTask(): Task {
  const [state, setState] = useState<{ isBusy: boolean; error: ApiError | null }>({ isBusy: false, error: null });
  const run = (work: () => Promise<void>) => {
    if (state.isBusy) return;
    setState({ isBusy: true, error: null });
    work().then(
      () => setState({ isBusy: false, error: null }),
      (error: unknown) => {
        const known = error instanceof ApiError ? error : new ApiError(0, { code: 'PAGE_ERROR', title: String(error) });
        setState({ isBusy: false, error: known });
      },
    );
  };
  return { ...state, run };
}

interface FormProps {
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A form whose submit does not leave the page. */
export function Form({ onSubmit, children, class: name }: FormProps) {
  return (
    <form
      class={name}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
