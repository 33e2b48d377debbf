/** All machines with what stands in each state. */
import type { MachineSummary } from '../../console-api/machine-schemas.ts';
import { integer } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t } from '../lib/words.ts';
import { Chip, PageHead } from '../ui/atoms.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Table } from '../ui/table.tsx';
import { Loaded } from '../ui/views.tsx';

export function MachinesPage() {
  const machines = useResource<{ readonly data: readonly MachineSummary[] }>('/machines', 'counts');
  return (
    <>
      <PageHead title={t('nav.machines')} />
      <SavedViews />
      <Loaded of={machines}>
        {({ data }) => (
          <Table
            label={t('nav.machines')}
            rows={data}
            keyOf={({ type }) => type}
            hrefOf={({ type }) => hrefOf(['machines', type])}
            columns={[
              {
                title: t('machine.name'),
                cell: ({ type, title }) => <a href={hrefOf(['machines', type])}>{inLocale(title)}</a>,
              },
              { title: t('machine.count'), isNumber: true, cell: ({ count }) => integer(count) },
              {
                title: t('machine.overdue'),
                isNumber: true,
                cell: ({ overdueCount }) =>
                  overdueCount === 0 ? integer(0) : <Chip tone="bad">{integer(overdueCount)}</Chip>,
              },
              {
                title: t('machine.states'),
                isWide: true,
                cell: ({ states }) => (
                  <span class="strip">
                    {states
                      .filter(({ count }) => count > 0)
                      .map(({ state, title, count, overdueCount }) => (
                        <Chip key={state} tone={overdueCount > 0 ? 'bad' : 'plain'}>
                          {inLocale(title)} {integer(count)}
                        </Chip>
                      ))}
                  </span>
                ),
              },
              {
                title: t('machine.version'),
                cell: ({ version, oldCount }) => (
                  <>
                    <code>{version}</code>{' '}
                    {oldCount > 0 && <Chip tone="warn">{t('machine.old', { n: integer(oldCount) })}</Chip>}
                  </>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
