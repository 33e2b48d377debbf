import { integer } from '../lib/format.ts';
import { t } from '../lib/words.ts';

const BAR = 2;
const HEIGHT = 18;
/** Half hours: with which of them the last is compared. */
const BEFORE = 12;

/** Counts of the last day in half hours, oldest first; in words for those who do not see it. */
export function Sparkline({ counts }: { counts: readonly number[] }) {
  const most = Math.max(1, ...counts);
  const now = counts.at(-1) ?? 0;
  const before = counts.at(-1 - BEFORE) ?? 0;
  const trend = now > before ? '↗' : now < before ? '↘' : '→';
  const words = t('incident.trendWords', {
    now: integer(now),
    before: integer(before),
    most: integer(Math.max(...counts)),
  });
  return (
    <span class="sparkline" role="img" aria-label={words} title={words}>
      <svg
        viewBox={`0 0 ${counts.length * BAR} ${HEIGHT}`}
        width={counts.length * BAR}
        height={HEIGHT}
        aria-hidden="true"
      >
        <path d={`M0 ${HEIGHT - 0.5}H${counts.length * BAR}`} class="ground" />
        {counts.map((count, n) => {
          const height = count === 0 ? 0 : Math.max(1, (count / most) * HEIGHT);
          return <rect key={n} x={n * BAR} y={HEIGHT - height} width={BAR} height={height} />;
        })}
      </svg>{' '}
      <span aria-hidden="true">{trend}</span>
    </span>
  );
}
