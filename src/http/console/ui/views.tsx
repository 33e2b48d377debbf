/** The states of every view: loading, empty, failed, and showing what is no longer fresh. */
import { Component, type ComponentChildren } from 'preact';
import { ApiError } from '../lib/api.ts';
import { clockTime, duration } from '../lib/format.ts';
import type { Resource } from '../lib/resource.ts';
import { hrefOf, reloadPage } from '../lib/router.ts';
import { t, tOr } from '../lib/words.ts';
import { PageHead } from './atoms.tsx';

export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={t('view.loading')}>
      {Array.from({ length: lines }, (_, n) => (
        <span key={n} />
      ))}
    </div>
  );
}

/** What is empty, why, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <div class="muted">{children}</div>}
    </div>
  );
}

/** A shorter pause than this is over before it is read. */
const TELLING_MS = 5_000;

/** A problem in the server's own words, with what a person can quote to an engineer. */
export function ProblemNote({ error, onRetry }: { error: ApiError; onRetry?: (() => void) | undefined }) {
  const { roles, reason, retryAfterMs, approval, errors } = error.problem;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{error.title}</strong>
        {error.message !== error.title && <> {tOr(`problem.${error.code}`, error.message)}</>}
        {typeof reason === 'string' && <> {reason}</>}
        {Array.isArray(roles) && <> {t('problem.roles', { roles: roles.map(roleName).join(t('list.comma')) })}</>}
        {typeof retryAfterMs === 'number' && retryAfterMs >= TELLING_MS && (
          <> {t('problem.retryAfter', { length: duration(retryAfterMs) })}</>
        )}
        {typeof approval === 'string' && (
          <>
            {' '}
            <a href={hrefOf(['approvals', approval])}>{t('receipt.openApproval')}</a>
          </>
        )}
      </p>
      {Array.isArray(errors) && (
        <ul>
          {(errors as readonly { detail: string }[]).map(({ detail }) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      <p class="muted">
        <code>{error.code}</code>
        {error.traceId !== null && <code class="trace"> {error.traceId}</code>}
        {onRetry !== undefined && (
          <button type="button" class="small" onClick={onRetry}>
            {t('view.retry')}
          </button>
        )}
      </p>
    </div>
  );
}

interface LoadedProps<T> {
  readonly of: Resource<T>;
  /** Of the page, as long as there is no data to say it better. */
  readonly title?: string;
  readonly lines?: number;
  readonly children: (data: T) => ComponentChildren;
}

/** Shows the data of a resource, or why there is none; data that could not be renewed stays, with its age. */
export function Loaded<T>(props: LoadedProps<T>) {
  const { data, error, at, reload } = props.of;
  if (data === undefined) {
    return (
      <>
        {props.title !== undefined && <PageHead title={props.title} />}
        {error === null ? <Skeleton lines={props.lines ?? 4} /> : <ProblemNote error={error} onRetry={reload} />}
      </>
    );
  }
  return (
    <>
      {error !== null && (
        <p class="stale" role="status">
          {t('view.stale', { at: clockTime(at), code: error.code })}
        </p>
      )}
      {props.children(data)}
    </>
  );
}

function roleName(role: unknown): string {
  return tOr(`role.${String(role)}`, String(role));
}

/** Keeps a fault in one page from taking the others with it. */
export class FaultBoundary extends Component<{ children: ComponentChildren }, { fault: Error | null }> {
  override state = { fault: null };

  static override getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  override render() {
    const fault: Error | null = this.state.fault;
    if (fault === null) return this.props.children;
    return (
      <ProblemNote
        error={new ApiError(0, { code: 'PAGE_ERROR', title: t('error.page'), detail: String(fault) })}
        onRetry={reloadPage}
      />
    );
  }
}
