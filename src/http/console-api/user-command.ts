import { parseArgs } from 'node:util';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Ids, Log } from '../../actors/ports.ts';
import type { StaffRole } from '../../machines/meta.ts';
import { Problem } from '../problem.ts';
import { PROBLEMS } from '../problem-codes.ts';
import { Auditor } from './auditor.ts';
import { ROLES } from './staff-schemas.ts';
import { addUser, changeUser, listUsers, setPassword } from './staff-users.ts';

const BY = 'command-line';
const ASKED = { by: BY, reason: 'by the command line' };
const LEAST_LENGTH = 12;
const USAGE = [
  'npm run user -- list',
  `npm run user -- add NAME --role ${ROLES.join('|')}`,
  'npm run user -- role NAME --role ROLE',
  'npm run user -- password NAME',
  'npm run user -- disable NAME',
  'npm run user -- enable NAME',
  'A password is read from standard input when something is piped there; else one is made and printed.',
].join('\n  ');

/** Something the person at the keyboard can put right. */
export class UsageError extends Error {}

interface Deps {
  readonly actors: Pick<ActorSystem, 'send' | 'heads'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
  /** What was piped in, or an empty text. */
  readonly piped: () => Promise<string>;
}

/**
 * Does what `npm run user -- …` asks for, audited like the same in the console, and returns what to print.
 * @throws UsageError saying what to type instead
 */
export async function runUserCommand(deps: Deps, args: string[]): Promise<string> {
  const { command, name, role } = parse(args);
  if (command === 'list') return table(await listUsers(deps));
  if (!/^[a-z0-9][a-z0-9_.-]{0,31}$/.test(name)) throw usage('a NAME is 1 to 32 of a–z, 0–9, "_", ".", "-"');
  const detail = role === undefined ? {} : { role };
  const answer = await told(() => carryOut(deps, command, name, role));
  const auditor = new Auditor(deps);
  await auditor.record({ by: BY, action: `user.${command}`, subject: `staff/${name}`, detail });
  return answer;
}

async function carryOut(deps: Deps, command: string, name: string, role: StaffRole | undefined): Promise<string> {
  switch (command) {
    case 'add': {
      const { password, say } = await choosePassword(deps);
      await addUser(deps, { name, role: needed(role), password }, ASKED);
      return `added ${name} as ${role}${say}`;
    }
    case 'role':
      await changeUser(deps, name, { type: 'setRole', role: needed(role) }, ASKED);
      return `${name} is ${role} from the next sign-in on`;
    case 'password': {
      const { password, say } = await choosePassword(deps);
      await setPassword(deps, name, password, ASKED);
      return `${name} has another password${say}`;
    }
    case 'disable':
    case 'enable':
      await changeUser(deps, name, { type: command }, ASKED);
      return `${name} is ${command}d`;
    default:
      throw usage(`there is no command "${command}"`);
  }
}

function parse(args: string[]): { command: string; name: string; role: StaffRole | undefined } {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { role: { type: 'string' } } });
  const [command = '', name = ''] = positionals;
  const role = ROLES.find((one) => one === values.role);
  if (values.role !== undefined && role === undefined) throw usage(`there is no role "${values.role}"`);
  return { command, name, role };
}

function needed(role: StaffRole | undefined): StaffRole {
  if (role === undefined) throw usage('say which: --role ROLE');
  return role;
}

async function choosePassword({ piped, ids }: Deps): Promise<{ password: string; say: string }> {
  const given = (await piped()).replace(/\r?\n$/, '');
  if (given === '') {
    const password = ids.random();
    return { password, say: `; the password is ${password}` };
  }
  if (given.length < LEAST_LENGTH || given.length > 200 || /\p{Cc}/u.test(given)) {
    throw new UsageError(`a password is one line of ${LEAST_LENGTH} to 200 characters`);
  }
  return { password: given, say: '' };
}

/** Refusals in words, as the console would say them. */
async function told(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { title, detail } = PROBLEMS[error.code];
    throw new UsageError(`${title.en}. ${detail.en}`);
  }
}

function table(users: Awaited<ReturnType<typeof listUsers>>): string {
  if (users.length === 0) return `There are no users yet.\n  ${USAGE}`;
  const lines = users.map(({ name, role, isDisabled, isDemo, lastSignInAt }) => {
    const marks = [isDisabled ? 'disabled' : '', isDemo ? 'sandbox only' : ''].filter((mark) => mark !== '');
    const seen = lastSignInAt === null ? 'never signed in' : `last signed in ${new Date(lastSignInAt).toISOString()}`;
    return [name.padEnd(33), role.padEnd(9), seen, ...marks].join(' ');
  });
  return lines.join('\n');
}

function usage(problem: string): UsageError {
  return new UsageError(`${problem}\n  ${USAGE}`);
}
