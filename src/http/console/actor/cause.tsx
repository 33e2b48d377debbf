/** Who made something happen, by colour, mark and word. */
import type { JournalRow } from '../../console-api/schemas.ts';
import { t } from '../lib/words.ts';

export type Cause = JournalRow['messages'][number]['cause'];

export const CAUSES: readonly Cause[] = ['app', 'staff', 'timer', 'call', 'actor', 'system'];

const MARKS: Readonly<Record<Cause, string>> = {
  app: '●',
  staff: '◆',
  timer: '◷',
  call: '⇄',
  actor: '▸',
  system: '⚙',
};

export function CauseMark({ cause }: { cause: Cause }) {
  return (
    <span class={`cause ${cause}`} title={t(`cause.${cause}`)}>
      <span aria-hidden="true">{MARKS[cause]}</span>
      <span class="unseen">{t(`cause.${cause}`)}</span>
    </span>
  );
}

/** What counts for a row of several messages: the first that did something. */
export function causeOf(row: JournalRow): Cause {
  return (row.messages.find(({ outcome }) => outcome === 'done') ?? row.messages[0])?.cause ?? 'system';
}
