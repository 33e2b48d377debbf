/** The shell round every page: where one is, one search box, whether it is live, and the page itself. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ActorPage } from './actor/actor-page.tsx';
import { loadSession, send, session } from './lib/api.ts';
import { desk, loadDesk } from './lib/desk.ts';
import { useKeys } from './lib/keys.ts';
import { useLive } from './lib/live.ts';
import { useObservable } from './lib/observable.ts';
import { locale, theme, timeZone } from './lib/preferences.ts';
import { may } from './lib/roles.ts';
import { hrefOf, navigate, type Place, usePlace } from './lib/router.ts';
import { type Key, t } from './lib/words.ts';
import { AccountPage } from './pages/account.tsx';
import { ApprovalPage, ApprovalsPage } from './pages/approvals.tsx';
import { AuditPage } from './pages/audit.tsx';
import { DependenciesPage } from './pages/dependencies.tsx';
import { HomePage } from './pages/home.tsx';
import { IncidentPage, IncidentsPage } from './pages/incidents.tsx';
import { JobPage, JobsPage } from './pages/jobs.tsx';
import { MachinePage } from './pages/machine.tsx';
import { MachinesPage } from './pages/machines.tsx';
import { goToSearch, SearchPage } from './pages/search.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { TimersPage } from './pages/timers.tsx';
import { PageHead } from './ui/atoms.tsx';
import { Dialog } from './ui/dialog.tsx';
import { LiveDot, OfflineBand } from './ui/live-dot.tsx';
import { FaultBoundary, Skeleton } from './ui/views.tsx';

const NAV = [
  ['home', []],
  ['incidents', ['incidents']],
  ['approvals', ['approvals']],
  ['jobs', ['jobs']],
  ['machines', ['machines']],
  ['dependencies', ['dependencies']],
  ['timers', ['timers']],
  ['audit', ['audit']],
  ['settings', ['settings']],
] as const satisfies readonly (readonly [string, readonly string[]])[];

export function App() {
  const who = useObservable(session);
  const language = useObservable(locale);
  const zone = useObservable(timeZone);
  const colours = useObservable(theme);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = colours;
    document.title = t('brand');
  }, [language, colours]);
  useSession();
  if (who === undefined) return <Skeleton />;
  if (who === null) return <SignInPage key={language} />;
  // All text depends on these: a change draws everything anew.
  return <Shell key={`${language} ${zone}`} />;
}

const ASK_AGAIN_MS = 3000;

/** Asks who is signed in until a server answers. */
function useSession(): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      loadSession().catch(() => {
        timer = setTimeout(ask, ASK_AGAIN_MS);
      });
    };
    ask();
    return () => clearTimeout(timer);
  }, []);
}

function Shell() {
  const place = usePlace();
  const [isHelp, setHelp] = useState(false);
  const [isMenu, setMenu] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const toSearch = (event: KeyboardEvent) => {
    event.preventDefault();
    search.current?.focus();
    search.current?.select();
  };
  useKeys({
    '/': toSearch,
    'Ctrl+k': toSearch,
    '?': () => setHelp(true),
    'g h': () => navigate(hrefOf([])),
    'g i': () => navigate(hrefOf(['incidents'])),
    'g m': () => navigate(hrefOf(['machines'])),
    'g d': () => navigate(hrefOf(['dependencies'])),
    'g a': () => navigate(hrefOf(['approvals'])),
    Escape: () => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    },
  });
  useEffect(() => setMenu(false), [place]);
  // On every page, so that whether it is live is known on each.
  useLive('desks', () => void loadDesk());
  useEffect(() => void loadDesk(), []);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.getElementById('page')?.focus()}>
        {t('nav.skip')}
      </button>
      <TopBar
        place={place}
        search={search}
        isMenu={isMenu}
        onMenu={() => setMenu(!isMenu)}
        onHelp={() => setHelp(true)}
      />
      <nav class={isMenu ? 'nav opened' : 'nav'} aria-label={t('nav.label')}>
        {NAV.filter(([name]) => name !== 'audit' || may('audit')).map(([name, parts]) => (
          <a key={name} href={hrefOf(parts)} aria-current={(place.parts[0] ?? 'home') === name ? 'page' : undefined}>
            {t(`nav.${name}`)}
          </a>
        ))}
        <p class="leave">
          <Who />
          <button type="button" onClick={signOut}>
            {t('signOut')}
          </button>
        </p>
      </nav>
      <main id="page" tabIndex={-1}>
        <OfflineBand />
        <FaultBoundary key={place.parts.join('/')}>
          <Page place={place} />
        </FaultBoundary>
      </main>
      <p id="announcements" class="unseen" aria-live="polite" />
      {isHelp && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function Who() {
  const who = useObservable(session);
  return (
    <span class="who">
      <b>{who?.user}</b> <span class="muted">{who && t(`role.${who.role}`)}</span>
    </span>
  );
}

function signOut(): void {
  void send('DELETE', '/session').finally(() => session.set(null));
}

function Unread() {
  const { length } = useObservable(desk).mentions;
  if (length === 0) return null;
  return (
    <>
      {' '}
      <span class="chip info" title={t('home.unread', { n: length })}>
        <span aria-hidden="true">@{length}</span>
        <span class="unseen">{t('home.unread', { n: length })}</span>
      </span>
    </>
  );
}

interface TopBarProps {
  readonly place: Place;
  readonly search: { readonly current: HTMLInputElement | null };
  readonly isMenu: boolean;
  readonly onMenu: () => void;
  readonly onHelp: () => void;
}

function TopBar({ place, search, isMenu, onMenu, onHelp }: TopBarProps) {
  const who = useObservable(session);
  const [q, setQ] = useState(place.parts[0] === 'search' ? (place.query.get('q') ?? place.unsaid ?? '') : '');
  return (
    <header class="top">
      <button type="button" class="quiet menu" aria-expanded={isMenu} aria-label={t('nav.label')} onClick={onMenu}>
        ☰
      </button>
      <a class="brand" href={hrefOf([])}>
        {t('brand')}
        <Unread />
      </a>
      <span class={`environment ${who?.environment ?? ''}`}>
        {t(`environment.${who?.environment ?? 'production'}`)}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: the search element has no types yet */}
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          goToSearch(q);
        }}
      >
        <input
          ref={search as never}
          type="search"
          value={q}
          maxLength={128}
          placeholder={t('search.placeholder')}
          aria-label={t('search.label')}
          onInput={(event) => setQ(event.currentTarget.value)}
        />
      </form>
      <LiveDot />
      <Who />
      <button type="button" class="quiet language" onClick={() => locale.set(locale.get() === 'en' ? 'zh-CN' : 'en')}>
        {locale.get() === 'en' ? '中' : 'EN'}
      </button>
      <button type="button" class="quiet help" onClick={onHelp} aria-label={t('help.title')}>
        ?
      </button>
      <button type="button" class="quiet sign-out" onClick={signOut}>
        {t('signOut')}
      </button>
    </header>
  );
}

function Page({ place: { parts, query, unsaid } }: { place: Place }) {
  const [first, second, third] = parts;
  const seq = Number(query.get('seq'));
  switch (first) {
    case undefined:
      return <HomePage />;
    case 'search':
      return <SearchPage q={query.get('q') ?? unsaid ?? ''} />;
    case 'actors':
      if (second !== undefined && third !== undefined) {
        const address = `${second}/${third}`;
        return <ActorPage key={address} address={address} seq={Number.isInteger(seq) && seq > 0 ? seq : null} />;
      }
      break;
    case 'accounts':
      if (second !== undefined) return <AccountPage key={second} userId={second} />;
      break;
    case 'incidents':
      return second === undefined ? (
        <IncidentsPage show={query.get('show')} dependency={query.get('dependency')} />
      ) : (
        <IncidentPage key={second} id={second} />
      );
    case 'approvals':
      return second === undefined ? (
        <ApprovalsPage state={query.get('state')} />
      ) : (
        <ApprovalPage key={second} id={second} />
      );
    case 'jobs':
      return second === undefined ? <JobsPage /> : <JobPage key={second} id={second} />;
    case 'machines':
      return second === undefined ? (
        <MachinesPage />
      ) : (
        <MachinePage key={second} type={second} state={query.get('state')} />
      );
    case 'dependencies':
      return <DependenciesPage />;
    case 'timers':
      return <TimersPage />;
    case 'audit':
      return <AuditPage query={query} />;
    case 'settings':
      return <SettingsPage />;
  }
  return (
    <>
      <PageHead title={t('notFound.title')} />
      <div class="empty">
        <p class="muted">{t('notFound.help')}</p>
        <a href={hrefOf([])}>{t('nav.home')}</a>
      </div>
    </>
  );
}

const KEYS = [
  ['/', 'search'],
  ['g h  g i  g m  g d  g a', 'go'],
  ['j  k  Enter', 'rows'],
  ['[  ]', 'list'],
  ['←  →  Home  End', 'scrub'],
  ['Space', 'play'],
  ['l', 'live'],
  ['f', 'focus'],
  ['+  −  0', 'zoom'],
  ['t', 'timeline'],
  ['x', 'actions'],
  ['Esc', 'close'],
] as const;

function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('help.title')} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, name]) => (
          <div key={name}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(`help.${name}` as Key)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
