/** The text of a note, with the people it names; and the names that fit what is being typed. */
import type { Colleagues } from '../../console-api/desk-schemas.ts';
import type { Note } from '../../console-api/operation-schemas.ts';
import { useResource } from '../lib/resource.ts';
import { t } from '../lib/words.ts';

export function NoteText({ note: { text, mentions } }: { note: Note }) {
  // The longer first: `@lin.wei` is not `@lin`.
  const names = [...mentions].sort((a, b) => b.length - a.length).map((name) => name.replaceAll('.', '\\.'));
  const parts = names.length === 0 ? [text] : text.split(new RegExp(`(@(?:${names.join('|')})(?![a-z0-9_-]))`));
  return <p class="note-text">{parts.map((part, n) => (n % 2 === 1 ? <mark key={n}>{part}</mark> : part))}</p>;
}

const MOST = 6;

/** Offered while the last word of the text begins with `@`. */
export function NameOffers({ text, onChoose }: { text: string; onChoose: (text: string) => void }) {
  const begun = /(?:^|[\s(（，。])@([a-z0-9_.-]*)$/.exec(text)?.[1];
  const colleagues = useResource<Colleagues>(begun === undefined ? null : '/colleagues');
  if (begun === undefined) return null;
  const fitting = (colleagues.data?.data ?? []).filter(({ name }) => name.startsWith(begun) && name !== begun);
  return (
    <p class="strip" aria-live="polite">
      {fitting.slice(0, MOST).map(({ name, role }) => (
        <button
          key={name}
          type="button"
          class="small"
          onClick={() => {
            onChoose(`${text.slice(0, text.length - begun.length)}${name} `);
            document.querySelector<HTMLTextAreaElement>('.notes textarea')?.focus();
          }}
        >
          @{name} <span class="muted">{t(`role.${role}`)}</span>
        </button>
      ))}
    </p>
  );
}
