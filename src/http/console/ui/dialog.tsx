/** A modal: in the middle of a screen, a sheet from below on a phone. Esc and a click beside it close it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { shown } from '../lib/shown.ts';
import { t } from '../lib/words.ts';

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren; isWide?: boolean }) {
  const { title, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => (opener instanceof HTMLElement || opener instanceof SVGElement ? opener.focus() : undefined);
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a modal dialog by itself
    <dialog
      ref={dialog}
      class={props.isWide === true ? 'wide' : ''}
      aria-label={shown(title)}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2>{shown(title)}</h2>
          <button type="button" class="quiet" onClick={onClose} aria-label={t('dialog.close')}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
