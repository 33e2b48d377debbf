/** One box for every number: what it was taken for, what was found, what to do when nothing was. */
import { useEffect } from 'preact/hooks';
import type { SearchAnswer } from '../../console-api/schemas.ts';
import { useResource } from '../lib/resource.ts';
import { actorHref, hrefOf, navigate } from '../lib/router.ts';
import { inLocale, t } from '../lib/words.ts';
import { PageHead } from '../ui/atoms.tsx';
import { CardTable } from '../ui/card-table.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Empty, Loaded } from '../ui/views.tsx';

export function SearchPage({ q }: { q: string }) {
  const answer = useResource<SearchAnswer>(q === '' ? null : `/search?q=${encodeURIComponent(q)}`);
  const exact = answer.data?.exact ?? null;
  useEffect(() => {
    if (exact !== null) navigate(actorHref(exact), { replace: true });
  }, [exact]);
  return (
    <>
      <PageHead title={t('search.title')} />
      <SavedViews />
      {q === '' ? (
        <Empty title={t('search.start')}>{t('search.kinds')}</Empty>
      ) : (
        <Loaded of={answer}>
          {({ results, tried, hint }) => (
            <>
              <p class="muted" role="status">
                {t('search.tried', { q, kinds: tried.map(inLocale).join(t('list.comma')), n: results.length })}
              </p>
              {results.length === 0 ? (
                <Empty title={t('search.none')}>{hint === null ? t('search.kinds') : inLocale(hint)}</Empty>
              ) : (
                <CardTable label={t('search.results')} cards={results} reasonOf={(card) => inLocale(card.foundBy)} />
              )}
              {results.length > 0 && hint !== null && <p class="muted">{inLocale(hint)}</p>}
            </>
          )}
        </Loaded>
      )}
    </>
  );
}

/** Where a search leads. */
export function searchHref(q: string): string {
  return hrefOf(['search'], { q: q.trim() });
}
