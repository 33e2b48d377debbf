/** A user's account: what is whose, what is held for what, and every line that made it so. */
import type { AccountPage as Account, ActorCard, LedgerLine } from '../../console-api/schemas.ts';
import { SUMS } from '../actor/preview.tsx';
import { useMore } from '../lib/more.ts';
import { useResource } from '../lib/resource.ts';
import { actorHref } from '../lib/router.ts';
import { t, tOr } from '../lib/words.ts';
import { ActorLink, Amount, Chip, Copy, PageHead, Panel, Time } from '../ui/atoms.tsx';
import { CardPages } from '../ui/card-table.tsx';
import { Table } from '../ui/table.tsx';
import { Empty, Loaded, ProblemNote, Skeleton } from '../ui/views.tsx';

export function AccountPage({ userId }: { userId: string }) {
  const path = `/accounts/${encodeURIComponent(userId)}`;
  const account = useResource<Account>(path, `actor:balance/${userId}`);
  return (
    <Loaded of={account} title={`${t('account.title')} ${userId}`}>
      {(data) => (
        <>
          <PageHead title={`${t('account.title')} ${userId}`}>
            <Copy text={userId} />
            <a href={actorHref(`balance/${userId}`)}>{t('account.balance')}</a>
            <a href={actorHref(`member/${userId}`)}>{t('account.member')}</a>
          </PageHead>
          {data.isImbalanced && (
            <p class="problem" role="alert">
              {t('account.imbalanced')}
            </p>
          )}
          {data.frozen !== null && (
            <p class="notice">
              <Chip tone="bad">{t('account.frozen')}</Chip> {data.frozen.by}: {data.frozen.reason} ·{' '}
              <Time at={data.frozen.at} />
            </p>
          )}
          <dl class="sums">
            {SUMS.map((sum) => (
              <div key={sum}>
                <dt>{t(`sum.${sum}`)}</dt>
                <dd>
                  <Amount fen={data[sum]} />
                </dd>
              </div>
            ))}
          </dl>
          <p class="muted">
            {t('account.channels')}{' '}
            {data.channels.length === 0
              ? t('account.noChannels')
              : data.channels.map((channel) => (
                  <>
                    <ActorLink address={`channel/${channel}`}>{channel}</ActorLink>{' '}
                  </>
                ))}
          </p>
          {data.holds.length > 0 && (
            <Panel title={t('account.holds')}>
              <ul class="plain">
                {data.holds.map(({ withdrawal, amountFen }) => (
                  <li key={withdrawal}>
                    <ActorLink address={`withdrawal/${withdrawal}`}>{withdrawal}</ActorLink> <Amount fen={amountFen} />
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          <Panel title={t('account.withdrawals')}>
            <Owned path={path} list="withdrawals" none={t('account.noWithdrawals')} seq={data.seq} />
          </Panel>
          <Panel title={t('account.orders')}>
            <Owned path={path} list="orders" none={t('account.noOrders')} seq={data.seq} />
          </Panel>
          <Panel title={t('account.ledger')}>
            <Ledger path={`${path}/ledger`} userId={userId} seq={data.seq} />
          </Panel>
        </>
      )}
    </Loaded>
  );
}

interface OwnedProps {
  readonly path: string;
  readonly list: 'orders' | 'withdrawals';
  readonly none: string;
  readonly seq: number;
}

/** All that is the user's, by pages. */
function Owned({ path, list, none, seq }: OwnedProps) {
  const owned = useMore<ActorCard>(`${path}/${list}`, seq);
  return <CardPages list={owned} label={t(`account.${list}`)} none={none} />;
}

function Ledger({ path, userId, seq }: { path: string; userId: string; seq: number }) {
  const { rows, isLoading, error, more, reload } = useMore<LedgerLine>(path, seq);
  if (error !== null && rows.length === 0) return <ProblemNote error={error} onRetry={reload} />;
  if (rows.length === 0) return isLoading ? <Skeleton /> : <Empty title={t('account.noLedger')} />;
  return (
    <>
      <Table
        label={t('account.ledger')}
        rows={rows}
        keyOf={(line) => `${line.seq} ${line.kind} ${line.address} ${line.availableFen} ${line.pendingFen}`}
        columns={[
          { title: t('ledger.time'), cell: (line) => <Time at={line.at} /> },
          {
            title: t('ledger.kind'),
            isWide: true,
            cell: (line) => (
              <>
                {tOr(`ledger.${line.kind}`, line.kind)} {line.address !== null && <ActorLink address={line.address} />}{' '}
                <ActorLink address={`balance/${userId}`} seq={line.seq}>
                  #{line.seq}
                </ActorLink>
              </>
            ),
          },
          ...SUMS.map((sum) => ({
            title: t(`sum.${sum}`),
            isNumber: true,
            cell: (line: LedgerLine) => (
              <>
                {line[sum] !== 0 && (
                  <>
                    <Amount fen={line[sum]} />
                    <br />
                  </>
                )}
                <small class="muted">
                  <Amount fen={line.after[sum]} />
                </small>
              </>
            ),
          })),
        ]}
      />
      {more !== null && (
        <button type="button" onClick={more} disabled={isLoading}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}
