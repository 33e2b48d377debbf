/** What waits to be taken and told, and how far each process is behind. */
import type { Backlog } from '../../console-api/operation-schemas.ts';
import { duration, integer } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { inLocale, t } from '../lib/words.ts';
import { Age, Chip } from '../ui/atoms.tsx';
import { Table } from '../ui/table.tsx';
import { Loaded } from '../ui/views.tsx';

export function Backlogs() {
  const backlog = useResource<Backlog>('/backlog', 'counts');
  return (
    <Loaded of={backlog}>
      {(known) => (
        <>
          <Waiting of={known} />
          <Processes of={known.processes} />
        </>
      )}
    </Loaded>
  );
}

function Waiting({ of: { now, queued, outbox } }: { of: Backlog }) {
  const since = (at: number) => duration(Math.max(0, now - at));
  const lines = queued.map(({ title, count, oldestAt }) =>
    t('backlog.queued', { type: inLocale(title), n: integer(count), length: since(oldestAt) }),
  );
  if (outbox.oldestAt !== null) {
    lines.push(t('backlog.outbox', { n: integer(outbox.count), length: since(outbox.oldestAt) }));
  }
  if (lines.length === 0) return <p class="muted">{t('backlog.none')}</p>;
  return (
    <>
      <p>{t('backlog.here')}</p>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

function Processes({ of: processes }: { of: Backlog['processes'] }) {
  return (
    <Table
      label={t('backlog.processes')}
      rows={processes}
      keyOf={({ id }) => id}
      columns={[
        { title: t('backlog.process'), isWide: true, cell: ({ id }) => <code>{id.slice(0, 8)}</code> },
        { title: t('backlog.role'), cell: ({ role }) => role },
        {
          title: t('card.state'),
          cell: ({ status }) => <Chip tone={status === 'live' ? 'ok' : 'bad'}>{t(`process.${status}`)}</Chip>,
        },
        { title: t('backlog.heartbeat'), cell: ({ heartbeatAt }) => <Age at={heartbeatAt} /> },
        { title: t('backlog.behind'), isNumber: true, cell: ({ behind }) => integer(behind) },
      ]}
    />
  );
}
