/** Actors, one a row. */
import type { ActorCard } from '../../console-api/schemas.ts';
import type { More } from '../lib/more.ts';
import { actorHref } from '../lib/router.ts';
import { shown } from '../lib/shown.ts';
import { inLocale, t } from '../lib/words.ts';
import { ActorLink, Amount, Chip, StateChip, Time } from './atoms.tsx';
import { type Column, Table } from './table.tsx';
import { Empty, ProblemNote, Skeleton } from './views.tsx';

interface CardTableProps<T extends ActorCard> {
  readonly label: string;
  readonly cards: readonly T[];
  /** Why it is in the list. */
  readonly reasonOf?: (card: T) => string;
}

export function CardTable<T extends ActorCard>({ label, cards, reasonOf }: CardTableProps<T>) {
  const columns: Column<T>[] = [
    {
      title: t('card.id'),
      isWide: true,
      cell: (card) => (
        <>
          <span class="muted">{inLocale(card.typeTitle)}</span> <ActorLink address={card.address}>{card.id}</ActorLink>
        </>
      ),
    },
    {
      title: t('card.state'),
      cell: (card) => (
        <>
          <StateChip state={card.state} title={card.stateTitle} />
          {card.isOverdue && <Chip tone="bad">{t('actor.overdue')}</Chip>}
        </>
      ),
    },
    {
      title: t('card.owner'),
      cell: (card) => (card.owner === null ? <span class="muted">–</span> : shown(card.owner)),
    },
    { title: t('card.amount'), isNumber: true, cell: (card) => <Amount fen={card.amountFen} /> },
    { title: t('card.changed'), cell: (card) => <Time at={card.at} /> },
  ];
  if (reasonOf !== undefined) columns.push({ title: t('card.reason'), cell: reasonOf });
  return (
    <Table
      label={label}
      rows={cards}
      columns={columns}
      keyOf={(card) => card.address}
      hrefOf={(card) => actorHref(card.address)}
    />
  );
}

interface CardPagesProps {
  readonly list: More<ActorCard>;
  readonly label: string;
  readonly none: string;
}

/** A list that grows by pages. */
export function CardPages({ list: { rows, isLoading, error, more, reload }, label, none }: CardPagesProps) {
  if (error !== null && rows.length === 0) return <ProblemNote error={error} onRetry={reload} />;
  if (rows.length === 0) return isLoading ? <Skeleton /> : <Empty title={none} />;
  return (
    <>
      <CardTable label={label} cards={rows} />
      {more !== null && (
        <button type="button" onClick={more} disabled={isLoading}>
          {t('list.more')}
        </button>
      )}
    </>
  );
}
