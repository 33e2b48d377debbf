/** Every act of the staff, in one chain that shows if a link is missing. */
import { useState } from 'preact/hooks';
import type { AuditCheck, AuditEntry } from '../../console-api/staff-schemas.ts';
import { get } from '../lib/api.ts';
import { integer } from '../lib/format.ts';
import { useMore } from '../lib/more.ts';
import { hrefOf, navigate } from '../lib/router.ts';
import { keysBelow, t, tOr } from '../lib/words.ts';
import { ActorLink, Chip, Json, PageHead, Time } from '../ui/atoms.tsx';
import { ExportDialog } from '../ui/export-dialog.tsx';
import { Form, Select, TextInput, useTask } from '../ui/form.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Table } from '../ui/table.tsx';
import { Empty, ProblemNote, Skeleton } from '../ui/views.tsx';

const FILTERS = ['by', 'action', 'subject'] as const;
type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

export function AuditPage({ query }: { query: URLSearchParams }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ''])) as Filters;
  const search = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString();
  const { rows, isLoading, error, more, reload } = useMore<AuditEntry>(search === '' ? '/audit' : `/audit?${search}`);
  const [exporting, setExporting] = useState(false);
  return (
    <>
      <PageHead title={t('nav.audit')}>
        <Verify />
        <button type="button" onClick={() => setExporting(true)}>
          {t('audit.export')}
        </button>
      </PageHead>
      <SavedViews />
      <FilterForm key={search} filters={filters} />
      {error !== null && <ProblemNote error={error} onRetry={reload} />}
      {rows.length === 0 ? (
        isLoading ? (
          <Skeleton />
        ) : (
          error === null && <Empty title={t('audit.none')} />
        )
      ) : (
        <Entries rows={rows} />
      )}
      {more !== null && (
        <button type="button" onClick={more} disabled={isLoading}>
          {t('list.more')}
        </button>
      )}
      {exporting && (
        <ExportDialog
          path={`/audit/export?${search}`}
          help={t('audit.exportHelp')}
          onClose={() => setExporting(false)}
        />
      )}
    </>
  );
}

function Entries({ rows }: { rows: readonly AuditEntry[] }) {
  return (
    <Table
      label={t('nav.audit')}
      rows={rows}
      keyOf={({ id, outcome }) => `${id} ${outcome}`}
      columns={[
        {
          title: t('audit.time'),
          cell: ({ at, seq }) => (
            <>
              <Time at={at} /> <span class="muted">#{seq}</span>
            </>
          ),
        },
        {
          title: t('audit.by'),
          cell: ({ by, role }) => (
            <>
              {by} {role !== null && <span class="muted">{tOr(`role.${role}`, role)}</span>}
            </>
          ),
        },
        { title: t('audit.action'), cell: ({ action }) => actionWords(action) },
        { title: t('audit.subject'), isWide: true, cell: (line) => <Subject line={line} /> },
        {
          title: t('audit.outcome'),
          cell: ({ outcome, code }) => (
            <Chip tone={outcome === 'done' ? 'ok' : 'bad'}>
              {t(`audit.${outcome}`)} {code}
            </Chip>
          ),
        },
        {
          title: t('reason'),
          isWide: true,
          cell: ({ reason, ticket, detail }) =>
            reason === null && ticket === null && Object.keys(detail).length === 0 ? null : (
              <>
                {reason} {ticket !== null && <code>{ticket}</code>}
                {Object.keys(detail).length > 0 && (
                  <details>
                    <summary>{t('audit.detail')}</summary>
                    <Json of={detail} />
                  </details>
                )}
              </>
            ),
        },
      ]}
    />
  );
}

/** Leads to the record that the action made, where it is known. */
function Subject({ line: { subject, detail } }: { line: AuditEntry }) {
  const { seq } = detail;
  if (subject === null) return <span class="muted">–</span>;
  if (!/^[a-z]+\/\S+$/.test(subject)) return <span>{subject}</span>;
  return (
    <>
      <ActorLink address={subject} />{' '}
      {typeof seq === 'number' && (
        <ActorLink address={subject} seq={seq}>
          #{seq}
        </ActorLink>
      )}
    </>
  );
}

function FilterForm({ filters }: { filters: Filters }) {
  const [values, setValues] = useState(filters);
  return (
    <Form class="filters" onSubmit={() => navigate(hrefOf(['audit'], values))}>
      {FILTERS.map((name) =>
        name === 'action' ? (
          <Select
            key={name}
            label={t('audit.action')}
            value={values.action}
            options={actionOptions(values.action)}
            onChange={(action) => setValues({ ...values, action })}
          />
        ) : (
          <TextInput
            key={name}
            label={t(`audit.${name}`)}
            value={values[name]}
            onInput={(value) => setValues({ ...values, [name]: value })}
          />
        ),
      )}
      <button type="submit">{t('audit.filter')}</button>
    </Form>
  );
}

const ACTION = 'audit.action.';

function actionWords(action: string): string {
  return tOr(`${ACTION}${action}`, action);
}

/** All, each known action, and whatever the address asks for. */
function actionOptions(asked: string): readonly (readonly [string, string])[] {
  const known = keysBelow(ACTION).map((key) => key.slice(ACTION.length));
  const actions = known.includes(asked) || asked === '' ? known : [asked, ...known];
  return [['', t('audit.allActions')], ...actions.map((action) => [action, actionWords(action)] as const)];
}

function Verify() {
  const [check, setCheck] = useState<AuditCheck | null>(null);
  const task = useTask();
  return (
    <>
      <button
        type="button"
        disabled={task.isBusy}
        onClick={() => task.run(async () => setCheck(await get<AuditCheck>('/audit/verify')))}
      >
        {t('audit.verify')}
      </button>
      <span role="status">
        {task.error !== null && <Chip tone="bad">{task.error.title}</Chip>}
        {check !== null && (
          <Chip tone={check.isIntact ? 'ok' : 'bad'}>
            {check.isIntact
              ? t('audit.intact', { n: integer(check.seq) })
              : t('audit.broken', { seq: integer(check.brokenAt ?? check.seq) })}
          </Chip>
        )}
      </span>
    </>
  );
}
