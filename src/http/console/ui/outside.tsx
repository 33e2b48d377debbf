/** Ways out of the console: in a window of their own, and nobody is told where one came from. */
import type { ComponentChildren } from 'preact';
import { linkTo } from '../lib/links.ts';
import { t } from '../lib/words.ts';

export function Outside({ href, label, children }: { href: string; label?: string; children: ComponentChildren }) {
  return (
    <a class="outside" href={href} target="_blank" rel="noreferrer" aria-label={label}>
      {children} <span aria-hidden="true">↗</span>
    </a>
  );
}

/** Nothing without a trace, or where no tool for traces is configured. */
export function TraceLink({ traceId, label }: { traceId: string | null | undefined; label?: string }) {
  const href = traceId == null ? null : linkTo('trace', { traceId });
  if (href === null) return null;
  return (
    <Outside href={href} {...(label !== undefined && { label })}>
      {t('trace')}
    </Outside>
  );
}
