/** Four eyes: what waits for a second person, and what it would do now. */
import { useState } from 'preact/hooks';
import type { Approval, ApprovalDetail, Preview } from '../../console-api/action-schemas.ts';
import { PreviewView } from '../actor/preview.tsx';
import { newIdempotencyKey, send, session } from '../lib/api.ts';
import { useResource } from '../lib/resource.ts';
import { rmbWords } from '../lib/rmb-words.ts';
import { hrefOf, navigate } from '../lib/router.ts';
import { titlesOf, useChart } from '../lib/titles.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { ActorLink, Age, Amount, Chip, Choice, Locked, PageHead, Panel, Time, type Tone } from '../ui/atoms.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Table } from '../ui/table.tsx';
import { Empty, Loaded, ProblemNote } from '../ui/views.tsx';
import { BreakGlassDialog } from './break-glass.tsx';

const TONES: Readonly<Record<Approval['state'], Tone>> = {
  requested: 'warn',
  approved: 'ok',
  rejected: 'bad',
  withdrawn: 'muted',
  expired: 'muted',
  unreviewed: 'bad',
  reviewed: 'ok',
  objected: 'bad',
};

const FILTERS = ['requested', 'unreviewed', 'all'] as const;

export function ApprovalsPage({ state: asked }: { state: string | null }) {
  const state = FILTERS.find((one) => one === asked) ?? 'requested';
  const query = state === 'all' ? '' : `?state=${state}`;
  const list = useResource<{ readonly data: readonly Approval[] }>(`/approvals${query}`, 'approvals');
  return (
    <>
      <PageHead title={t('nav.approvals')}>
        <Choice
          label={t('approvals.filter')}
          value={state}
          options={FILTERS.map((one) => [one, t(one === 'all' ? 'approvals.all' : `approval.${one}`)] as const)}
          onChange={(one) => navigate(hrefOf(['approvals'], { state: one === 'requested' ? null : one }))}
        />
      </PageHead>
      <SavedViews />
      <Loaded of={list}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={t(state === 'unreviewed' ? 'approvals.noReviews' : 'approvals.none')}>
              {t(state === 'unreviewed' ? 'approvals.noReviewsHelp' : 'approvals.noneHelp')}
            </Empty>
          ) : (
            <ApprovalTable approvals={data} />
          )
        }
      </Loaded>
    </>
  );
}

export function ApprovalTable({ approvals }: { approvals: readonly Approval[] }) {
  return (
    <Table
      label={t('nav.approvals')}
      rows={approvals}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => hrefOf(['approvals', id])}
      columns={[
        {
          title: t('approval.what'),
          isWide: true,
          cell: (row) => (
            <>
              <a href={hrefOf(['approvals', row.id])}>
                <b>{inLocale(row.title)}</b>
              </a>{' '}
              <ActorLink address={row.address} />
            </>
          ),
        },
        { title: t('card.amount'), isNumber: true, cell: (row) => <Amount fen={row.amountFen} /> },
        { title: t('approval.by'), cell: (row) => row.requestedBy },
        { title: t('card.state'), cell: (row) => <Chip tone={TONES[row.state]}>{t(`approval.${row.state}`)}</Chip> },
        {
          title: t('approval.expires'),
          cell: (row) => (row.state === 'requested' ? <Age at={row.expiresAt} /> : <Time at={row.decidedAt} />),
        },
      ]}
    />
  );
}

type Decision = 'approve' | 'reject' | 'withdraw' | 'agree' | 'object';

export function ApprovalPage({ id }: { id: string }) {
  const path = `/approvals/${encodeURIComponent(id)}`;
  const detail = useResource<ApprovalDetail>(path, 'approvals');
  const [decision, setDecision] = useState<Decision | null>(null);
  const [isBreaking, setBreaking] = useState(false);
  const [key] = useState(newIdempotencyKey);
  const decide = async (reason: string, seq: number) => {
    const headers = { 'idempotency-key': `${key}-${decision}`, 'if-match': `"${seq}"` };
    await send('POST', `${path}/${decision}`, { body: { reason }, headers });
    detail.reload();
  };
  return (
    <Loaded of={detail} title={t('approval.title')}>
      {({ approval, preview, hasChanged, result }) => (
        <>
          <PageHead title={`${t('approval.title')} · ${inLocale(approval.title)}`}>
            <Chip tone={TONES[approval.state]}>{t(`approval.${approval.state}`)}</Chip>
          </PageHead>
          <div class="actor-columns">
            <Panel title={t('approval.request')}>
              <Request approval={approval} />
            </Panel>
            <Panel title={t(preview === null ? 'approval.result' : 'approval.preview')}>
              {hasChanged && approval.state === 'requested' && (
                <p class="notice" role="status">
                  {t('approval.changed')}
                </p>
              )}
              {preview === null ? <Outcome result={result} /> : <Dry preview={preview} address={approval.address} />}
            </Panel>
          </div>
          {approval.state === 'requested' && (
            <Panel title={t('approval.decide')}>
              {approval.refusal !== null && (
                <p class="notice">
                  <Locked>{inLocale(approval.refusal.detail)}</Locked>
                </p>
              )}
              <p class="buttons">
                <button
                  type="button"
                  class="primary"
                  disabled={!approval.canDecide}
                  onClick={() => setDecision('approve')}
                >
                  {t('approval.approve')}
                </button>
                <button
                  type="button"
                  class="danger"
                  disabled={!approval.canDecide}
                  onClick={() => setDecision('reject')}
                >
                  {t('approval.reject')}
                </button>
                {approval.requestedBy === session.get()?.user && (
                  <button type="button" onClick={() => setDecision('withdraw')}>
                    {t('approval.withdraw')}
                  </button>
                )}
                {approval.canBreakGlass && (
                  <button type="button" class="danger" onClick={() => setBreaking(true)}>
                    {t('approval.breakGlass')}
                  </button>
                )}
              </p>
            </Panel>
          )}
          {approval.state === 'unreviewed' && (
            <Panel title={t('approval.review')}>
              <p class="notice">
                {approval.canReview ? t('approval.reviewDue') : <Locked>{t('approval.reviewByOther')}</Locked>}
              </p>
              <p class="buttons">
                <button type="button" disabled={!approval.canReview} onClick={() => setDecision('agree')}>
                  {t('approval.agree')}
                </button>
                <button
                  type="button"
                  class="danger"
                  disabled={!approval.canReview}
                  onClick={() => setDecision('object')}
                >
                  {t('approval.object')}
                </button>
              </p>
            </Panel>
          )}
          {isBreaking && (
            <BreakGlassDialog
              approval={approval}
              path={path}
              idempotencyKey={`${key}-break-glass`}
              onDone={detail.reload}
              onClose={() => setBreaking(false)}
            />
          )}
          {decision !== null && (
            <ReasonDialog
              title={`${t(`approval.${decision}`)} · ${inLocale(approval.title)}`}
              confirm={t(`approval.${decision}`)}
              isDangerous={decision === 'reject' || decision === 'object'}
              onConfirm={(reason) => decide(reason, approval.seq)}
              onClose={() => setDecision(null)}
            >
              {approval.amountFen !== null && (
                <p class="amount-words">
                  <Amount fen={approval.amountFen} /> {rmbWords(approval.amountFen)}
                </p>
              )}
            </ReasonDialog>
          )}
          {detail.error !== null && <ProblemNote error={detail.error} />}
        </>
      )}
    </Loaded>
  );
}

function Request({ approval }: { approval: Approval }) {
  const titleOf = titlesOf(useChart(approval.address).data);
  const { address, amountFen, requestedBy, requestedAt, expiresAt, reason, reasonCode, ticket, decidedBy, decidedAt } =
    approval;
  const rows: readonly (readonly [string, preact.ComponentChildren])[] = [
    [t('approval.about'), <ActorLink address={address} seq={approval.seqAtRequest} />],
    [
      t('card.amount'),
      amountFen === null ? (
        '–'
      ) : (
        <>
          <Amount fen={amountFen} /> {rmbWords(amountFen)}
        </>
      ),
    ],
    [
      t('approval.by'),
      <>
        {requestedBy} · <Time at={requestedAt} withAge />
      </>,
    ],
    [
      t('reason'),
      <>
        {tOr(`reason.${reasonCode}`, reasonCode)} · {reason}
      </>,
    ],
    [t('ticket'), ticket ?? '–'],
    [t('approval.stateThen'), `${titleOf(approval.stateAtRequest)} #${approval.seqAtRequest}`],
    ...(approval.state === 'requested' ? [[t('approval.expires'), <Time at={expiresAt} withAge />] as const] : []),
    ...(decidedBy === null
      ? []
      : [
          [
            t(approval.emergency === null ? 'approval.decided' : 'approval.brokenBy'),
            <>
              {decidedBy} · <Time at={decidedAt} /> · {approval.decisionReason}
              {approval.emergency !== null && <code> {approval.emergency}</code>}
            </>,
          ] as const,
        ]),
    ...(approval.reviewedBy === null
      ? []
      : [
          [
            t('approval.reviewed'),
            <>
              {approval.reviewedBy} · <Time at={approval.reviewedAt} /> · {approval.reviewReason}
            </>,
          ] as const,
        ]),
  ];
  return (
    <dl class="fields">
      {rows.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Outcome({ result }: { result: ApprovalDetail['result'] }) {
  if (result === null) return <Empty title={t('approval.noResult')} />;
  return (
    <p>
      <Chip tone={result.outcome === 'done' ? 'ok' : 'bad'}>{t(`outcome.${result.outcome}`)}</Chip>{' '}
      {t('receipt.committed', { seq: result.seq })}
      {result.refusal !== null && <> · {inLocale(result.refusal.detail)}</>}
    </p>
  );
}

function Dry({ preview, address }: { preview: Preview; address: string }) {
  return <PreviewView preview={preview} titleOf={titlesOf(useChart(address).data)} isForSecond />;
}
