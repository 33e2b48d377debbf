/** Jobs: one action on many actors, item by item, with its result. */
import { useState } from 'preact/hooks';
import type { Job, JobDetail } from '../../console-api/action-schemas.ts';
import { send } from '../lib/api.ts';
import { integer } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { actorHref, hrefOf } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { ActorLink, Amount, Chip, PageHead, Panel, Time, type Tone } from '../ui/atoms.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { Table } from '../ui/table.tsx';
import { Empty, Loaded } from '../ui/views.tsx';

const TONES: Readonly<Record<Job['state'], Tone>> = {
  awaiting: 'warn',
  running: 'info',
  paused: 'warn',
  done: 'ok',
  canceled: 'muted',
  rejected: 'bad',
};

export function JobsPage() {
  const jobs = useResource<{ readonly data: readonly Job[] }>('/jobs', 'jobs');
  return (
    <>
      <PageHead title={t('nav.jobs')} />
      <Loaded of={jobs}>
        {({ data }) =>
          data.length === 0 ? <Empty title={t('jobs.none')}>{t('jobs.noneHelp')}</Empty> : <JobTable jobs={data} />
        }
      </Loaded>
    </>
  );
}

export function JobTable({ jobs }: { jobs: readonly Job[] }) {
  return (
    <Table
      label={t('nav.jobs')}
      rows={jobs}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => hrefOf(['jobs', id])}
      columns={[
        {
          title: t('job.what'),
          isWide: true,
          cell: (job) => (
            <a href={hrefOf(['jobs', job.id])}>
              {tOr(`type.${job.type}`, job.type)} · {inLocale(job.title)}
            </a>
          ),
        },
        { title: t('card.state'), cell: (job) => <Chip tone={TONES[job.state]}>{t(`job.${job.state}`)}</Chip> },
        { title: t('job.progress'), cell: (job) => <Progress job={job} /> },
        { title: t('card.amount'), isNumber: true, cell: (job) => <Amount fen={job.amountFen} /> },
        { title: t('job.by'), cell: (job) => job.createdBy },
        { title: t('job.created'), cell: (job) => <Time at={job.createdAt} /> },
      ]}
    />
  );
}

function Progress({ job: { doneCount, refusedCount, count } }: { job: Job }) {
  return (
    <>
      <progress value={doneCount} max={count} aria-label={t('job.progress')} /> {integer(doneCount)}/{integer(count)}
      {refusedCount > 0 && <Chip tone="bad">{t('job.refused', { n: refusedCount })}</Chip>}
    </>
  );
}

type Step = 'pause' | 'resume' | 'cancel';

const STEPS: Readonly<Partial<Record<Job['state'], readonly Step[]>>> = {
  awaiting: ['cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
};

export function JobPage({ id }: { id: string }) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const detail = useResource<JobDetail>(path, `actor:job/${id}`);
  const [step, setStep] = useState<Step | null>(null);
  return (
    <Loaded of={detail} title={t('job.title')}>
      {({ job, items }) => (
        <>
          <PageHead title={`${t('job.title')} · ${inLocale(job.title)}`}>
            <Chip tone={TONES[job.state]}>{t(`job.${job.state}`)}</Chip>
            {(STEPS[job.state] ?? []).map((choice) => (
              <button
                key={choice}
                type="button"
                class={choice === 'cancel' ? 'danger' : ''}
                onClick={() => setStep(choice)}
              >
                {t(`job.${choice}`)}
              </button>
            ))}
          </PageHead>
          <p class="muted">
            <Progress job={job} /> · {job.createdBy}: {job.reason}
            {job.approval !== null && (
              <>
                {' '}
                · <a href={hrefOf(['approvals', job.approval])}>{t('approval.title')}</a>
              </>
            )}
          </p>
          <Panel title={t('job.items')}>
            <Table
              label={t('job.items')}
              rows={items}
              keyOf={(item) => item.id}
              hrefOf={(item) => actorHref(`${job.type}/${item.id}`, item.seq)}
              columns={[
                {
                  title: t('card.id'),
                  isWide: true,
                  cell: (item) => <ActorLink address={`${job.type}/${item.id}`}>{item.id}</ActorLink>,
                },
                {
                  title: t('job.result'),
                  cell: (item) =>
                    item.outcome === null ? (
                      <span class="muted">{t('job.waits')}</span>
                    ) : (
                      <Chip tone={item.outcome === 'done' ? 'ok' : 'bad'}>{t(`outcome.${item.outcome}`)}</Chip>
                    ),
                },
                {
                  title: t('card.reason'),
                  cell: (item) => (item.refusal === null ? '' : inLocale(item.refusal.detail)),
                },
              ]}
            />
          </Panel>
          {step !== null && (
            <ReasonDialog
              title={t(`job.${step}`)}
              confirm={t(`job.${step}`)}
              isDangerous={step === 'cancel'}
              onConfirm={async (reason) => {
                await send('POST', `${path}/${step}`, { body: { reason } });
                detail.reload();
              }}
              onClose={() => setStep(null)}
            />
          )}
        </>
      )}
    </Loaded>
  );
}
