import { beforeEach, describe, expect, it } from 'vitest';
import { runUserCommand, UsageError } from '../../../src/http/console-api/user-command.ts';
import { SeededIds } from '../../support/seeded-ids.ts';
import { type Console, serveConsole } from '../support/console-served.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

const ids = new SeededIds(9);
let console: Console;
beforeEach(async () => {
  console = await serveConsole();
});

const run = (command: string, piped = '') =>
  runUserCommand({ actors: console.runtime, ids, log: silent, piped: async () => piped }, command.split(' '));

describe('npm run user', () => {
  it('adds a user with the password that is piped in, who can sign in', async () => {
    expect(await run('add lin --role admin', 'a password of some length\n')).toBe('added lin as admin');
    expect((await console.browser().signIn('lin', 'a password of some length')).status).toBe(200);
  });

  it('makes a password and prints it when none is given', async () => {
    const password = /the password is (\S+)$/.exec(await run('add lin --role sre'))?.[1] ?? '';
    expect((await console.browser().signIn('lin', password)).body).toMatchObject({ role: 'sre' });
    const another = /the password is (\S+)$/.exec(await run('password lin'))?.[1] ?? '';
    expect((await console.browser().signIn('lin', another)).status).toBe(200);
    expect((await console.browser().signIn('lin', password)).status).toBe(401);
  });

  it('changes roles, disables, enables and lists', async () => {
    await run('add lin --role sre');
    expect(await run('role lin --role viewer')).toContain('viewer');
    expect(await run('disable lin')).toBe('lin is disabled');
    expect(await run('list')).toMatch(/lin +viewer +never signed in disabled/);
    expect(await run('enable lin')).toBe('lin is enabled');
  });

  it('is audited like the console itself', async () => {
    await run('add lin --role auditor', 'a password of some length');
    await run('role lin --role admin');
    const lin = console.browser();
    await lin.signIn('lin', 'a password of some length');
    const { data } = (await lin.get('/audit?by=command-line')).body;
    expect(data.map(({ action, subject, detail }: Record<string, unknown>) => [action, subject, detail])).toEqual([
      ['user.role', 'staff/lin', { role: 'admin' }],
      ['user.add', 'staff/lin', { role: 'auditor' }],
    ]);
  });

  it.each([
    ['add lin', 'say which: --role ROLE'],
    ['add lin --role king', 'there is no role "king"'],
    ['add Lin! --role sre', 'a NAME is'],
    ['remove lin', 'there is no command "remove"'],
  ])('says of %j what to type instead', async (command, words) => {
    await expect(run(command)).rejects.toThrow(UsageError);
    await expect(run(command)).rejects.toThrow(words);
  });

  it('refuses a short password and a name that is taken, in words', async () => {
    await expect(run('add lin --role sre', 'short')).rejects.toThrow('12 to 200 characters');
    await run('add lin --role sre');
    await expect(run('add lin --role sre')).rejects.toThrow('The name is taken');
    await expect(run('disable ghost')).rejects.toThrow('staff/ghost');
  });
});
