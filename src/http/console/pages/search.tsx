/** One box for every number: what it was taken for, what was found, what is like it or to be done when nothing was. */
import { useEffect } from 'preact/hooks';
import type { SearchAnswer } from '../../console-api/search-schemas.ts';
import { send } from '../lib/api.ts';
import { useResource } from '../lib/resource.ts';
import { actorHref, hrefOf, navigate } from '../lib/router.ts';
import { inLocale, t } from '../lib/words.ts';
import { PageHead, Panel } from '../ui/atoms.tsx';
import { CardTable } from '../ui/card-table.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Empty, Loaded } from '../ui/views.tsx';

export function SearchPage({ q }: { q: string }) {
  const answer = useResource<SearchAnswer>(q === '' ? null : q, null, find);
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
          {({ results, near, tried, hint }) => (
            <>
              <p class="muted" role="status">
                {tried.length === 0
                  ? t('search.unlike', { q })
                  : t('search.tried', { q, kinds: tried.map(inLocale).join(t('list.comma')), n: results.length })}
              </p>
              {results.length > 0 && (
                <CardTable label={t('search.results')} cards={results} reasonOf={(card) => inLocale(card.foundBy)} />
              )}
              {near.length > 0 && (
                <Panel title={t('search.near')}>
                  <CardTable label={t('search.near')} cards={near} reasonOf={(card) => inLocale(card.foundBy)} />
                </Panel>
              )}
              {hint !== null && <Empty title={t('search.none')}>{inLocale(hint)}</Empty>}
            </>
          )}
        </Loaded>
      )}
    </>
  );
}

/** In a body, since it may be personal data. */
function find<T>(q: string, options: { readonly signal: AbortSignal }): Promise<T> {
  return send<T>('POST', '/search', { body: { q }, ...options });
}

/** Ids, which say nothing of a person; whatever else is looked for stands in no address. */
const SAYABLE = /^(?!(?:86)?1[3-9]\d{9}$)[\w./#-]+$/;

export function goToSearch(text: string): void {
  const q = text.trim();
  if (q === '') return;
  if (SAYABLE.test(q)) navigate(hrefOf(['search'], { q }));
  else navigate(hrefOf(['search']), { unsaid: q });
}
