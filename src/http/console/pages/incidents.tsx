/** What is stuck, failed or overdue, grouped by cause: how many, how long, how much money. */
import { useState } from 'preact/hooks';
import type { Incident, IncidentDetail, Incidents } from '../../console-api/operation-schemas.ts';
import { send, session } from '../lib/api.ts';
import { integer } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { may } from '../lib/roles.ts';
import { hrefOf, navigate } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { Age, Amount, Chip, Choice, PageHead, Panel, Time, type Tone } from '../ui/atoms.tsx';
import { CardTable } from '../ui/card-table.tsx';
import { Select } from '../ui/form.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { Table } from '../ui/table.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { BulkPanel } from './bulk.tsx';
import { toneOfDependency } from './dependency-card.tsx';

const TONES: Readonly<Record<Incident['status'], Tone>> = {
  open: 'bad',
  acknowledged: 'warn',
  snoozed: 'muted',
  cleared: 'ok',
};

const FILTERS = ['all', 'open', 'mine'] as const;
type Filter = (typeof FILTERS)[number];

const fits = (filter: Filter, { status, owner }: Incident) =>
  filter === 'all' || (filter === 'open' ? status === 'open' : owner === session.get()?.user && status !== 'cleared');

export function IncidentsPage({ show, dependency }: { show: string | null; dependency: string | null }) {
  const filter = FILTERS.find((one) => one === show) ?? 'all';
  const incidents = useResource<Incidents>('/incidents', 'counts');
  return (
    <>
      <PageHead title={t('nav.incidents')}>
        <Choice
          label={t('approvals.filter')}
          value={filter}
          options={FILTERS.map((one) => [one, t(`incidents.${one}`)] as const)}
          onChange={(one) => navigate(hrefOf(['incidents'], { show: one === 'all' ? null : one, dependency }))}
        />
      </PageHead>
      {dependency !== null && (
        <p>
          {t('incidents.of', { dependency })} <a href={hrefOf(['incidents'], { show })}>{t('incidents.ofAny')}</a>
        </p>
      )}
      <SavedViews />
      <Loaded of={incidents}>
        {({ data }) => {
          const shown = data.filter(
            (incident) => fits(filter, incident) && (dependency === null || incident.dependency === dependency),
          );
          if (data.length === 0) return <Empty title={t('incidents.none')}>{t('incidents.noneHelp')}</Empty>;
          if (shown.length === 0) return <Empty title={t('incidents.noneFit')}>{t('incidents.noneFitHelp')}</Empty>;
          return <IncidentTable incidents={shown} />;
        }}
      </Loaded>
    </>
  );
}

export function IncidentTable({ incidents }: { incidents: readonly Incident[] }) {
  return (
    <Table
      label={t('nav.incidents')}
      rows={incidents}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => hrefOf(['incidents', id])}
      columns={[
        {
          title: t('incident.what'),
          isWide: true,
          cell: (row) => (
            <>
              <a href={hrefOf(['incidents', row.id])}>
                <b>
                  {tOr(`type.${row.type}`, row.type)} · {inLocale(row.stateTitle)}
                </b>
              </a>{' '}
              <span class="muted">
                {t(`incident.${row.cause}`)}
                {row.errorClass !== null && ` · ${row.errorClass}`}
                {row.dependency !== null && ` · ${row.dependency}`}
              </span>{' '}
              {row.breaker !== null && (
                <Chip tone={toneOfDependency(row.breaker.state, row.breaker.isHeld)}>
                  {row.breaker.isHeld
                    ? t('dependency.held')
                    : tOr(`dependency.${row.breaker.state}`, row.breaker.state)}
                </Chip>
              )}
            </>
          ),
        },
        {
          title: t('incident.count'),
          isNumber: true,
          cell: (row) => `${row.isCountLeast ? '≥ ' : ''}${integer(row.count)}`,
        },
        { title: t('incident.atRisk'), isNumber: true, cell: (row) => <Amount fen={row.amountFen} /> },
        { title: t('incident.oldest'), cell: (row) => <Age at={row.oldestAt} /> },
        { title: t('incident.newest'), cell: (row) => <Age at={row.newestAt} /> },
        { title: t('incident.trend'), cell: (row) => <Sparkline counts={row.trend} /> },
        {
          title: t('card.state'),
          cell: (row) => (
            <>
              <Chip tone={TONES[row.status]}>{t(`incident.${row.status}`)}</Chip>
              {row.owner !== null && <span class="muted"> {row.owner}</span>}
              {row.clearedAt !== null && (
                <span class="muted">
                  {' '}
                  {t('incident.closed')} <Age at={row.clearedAt} />
                </span>
              )}
            </>
          ),
        },
      ]}
    />
  );
}

export function IncidentPage({ id }: { id: string }) {
  const path = `/incidents/${encodeURIComponent(id)}`;
  const detail = useResource<IncidentDetail>(path, 'counts');
  const [asked, setAsked] = useState<'acknowledge' | 'snooze' | null>(null);
  const [minutes, setMinutes] = useState('60');
  const act = async (reason: string) => {
    const body = asked === 'snooze' ? { reason, minutes: Number(minutes) } : { reason };
    await send('POST', `${path}/${asked}`, { body });
    detail.reload();
  };
  return (
    <Loaded of={detail} title={t('nav.incidents')}>
      {({ incident, items }) => (
        <>
          <PageHead title={`${tOr(`type.${incident.type}`, incident.type)} · ${inLocale(incident.stateTitle)}`}>
            <Chip tone={TONES[incident.status]}>{t(`incident.${incident.status}`)}</Chip>
            {may('care') &&
              (['acknowledge', 'snooze'] as const).map((choice) => (
                <button key={choice} type="button" onClick={() => setAsked(choice)}>
                  {t(`incident.${choice}`)}
                </button>
              ))}
          </PageHead>
          <p class="muted">
            {t(`incident.${incident.cause}`)}
            {incident.errorClass !== null && ` · ${incident.errorClass}`} ·{' '}
            {t('incident.summary', { n: integer(incident.count) })} <Amount fen={incident.amountFen} /> ·{' '}
            {t('incident.oldest')} <Time at={incident.oldestAt} withAge /> · <Sparkline counts={incident.trend} />
            {incident.reason !== null && ` · ${incident.owner ?? ''}: ${incident.reason}`}
          </p>
          {items.length === 0 ? (
            <Empty title={t('incident.cleared')}>{t('incident.clearedHelp')}</Empty>
          ) : (
            <>
              <CardTable label={t('incident.items')} cards={items} />
              {may('act') && (
                <Panel title={t('bulk.title')}>
                  <BulkPanel type={incident.type} ids={items.map((item) => item.id)} />
                </Panel>
              )}
            </>
          )}
          {asked !== null && (
            <ReasonDialog
              title={t(`incident.${asked}`)}
              confirm={t(`incident.${asked}`)}
              onConfirm={act}
              onClose={() => setAsked(null)}
            >
              {asked === 'snooze' && (
                <Select
                  label={t('incident.minutes')}
                  value={minutes}
                  options={['30', '60', '240', '1440'].map(
                    (choice) => [choice, t('incident.forMinutes', { n: choice })] as const,
                  )}
                  onChange={setMinutes}
                />
              )}
            </ReasonDialog>
          )}
        </>
      )}
    </Loaded>
  );
}
