import { existsSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { captureStream } from './capture.ts';
import { openDesk, type RunOptions } from './commands/desk.ts';
import { person } from './commands/person.ts';

const many = 200;

/** A project with many identities, whose files have not changed for long enough. */
async function openProject({
  isOneDefault = false,
  isInProfile = false,
  kind = 'kind: aws/user',
} = {}) {
  const desk = await openDesk();
  desk.clock.now = new Date(Date.now() + 60_000);
  const scriptPath = join(desk.root, 'main.cjs');
  writeFileSync(scriptPath, '');
  const identities = Array.from({ length: many }, (_, at) => {
    const isDefault = isOneDefault && at === 0 ? '\n      default: true' : '';
    return `    account-${at}:\n      ${at === 0 ? 'kind: aws/user' : kind}${isDefault}\n`;
  });
  const auth = `auth:\n  realm: r\n  keyring: { type: file }\n`;
  const all = `${auth}  identities:\n${identities.join('')}`;
  const config = desk.configure(isInProfile ? auth : all);
  if (isInProfile) {
    const profile = join(desk.project, 'profiles/team');
    mkdirSync(profile, { recursive: true, mode: 0o755 });
    writeFileSync(join(profile, 'atmos.yaml'), all, { mode: 0o644 });
  }
  const run = (command: string, options: RunOptions = {}) =>
    desk.run(command, { ...options, host: { scriptPath, ...options.host } });
  return { desk: { ...desk, run }, config, records: join(desk.root, 'state/atmos/names') };
}

const roleKind = `kind: aws/assume-role
      via: { identity: account-0 }
      principal: { assume_role: 'arn:aws:iam::111111111111:role/r' }`;

const terminal = () => ({ stdout: Object.assign(captureStream(), { isTTY: true }) });

describe.runIf(process.platform === 'linux')('an identity can be picked', () => {
  test('from what the last picker showed, before the configuration is read', async () => {
    const { desk, config, records } = await openProject();
    const first = person('account-3');
    const shown = await desk.run('auth env -i -f json', { person: first });
    expect(shown).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(shown.stdout)).toMatchObject({ ATMOS_IDENTITY: 'account-3' });
    expect(existsSync(records)).toBe(true);
    // As if it were removed while the user looks at the list.
    const second = person('account-5');
    const select = second.prompt.select.bind(second.prompt);
    second.prompt.select = (question) => {
      unlinkSync(config);
      return select(question);
    };
    expect(await desk.run('auth env -i -f json', { person: second })).toMatchObject({
      code: 'ERR_CONFIG_NOT_FOUND',
    });
    expect(second.asked).toEqual([expect.stringMatching(/^Identity: account-3, account-0, /)]);
  });

  test('and is used as picked, although another one is named elsewhere', async () => {
    const { desk } = await openProject({ isOneDefault: true });
    const env = { ATMOS_IDENTITY: 'account-1' };
    await desk.run('auth env -i', { person: person('account-3'), env });
    const { stdout } = await desk.run('auth env -i -f json', { person: person('account-4'), env });
    expect(JSON.parse(stdout)).toMatchObject({ ATMOS_IDENTITY: 'account-4' });
  });

  test('without -i at a terminal only: elsewhere nothing is kept, and the command asks', async () => {
    const { desk, records } = await openProject();
    await desk.run('auth env -f json', { person: person('account-3') });
    expect(existsSync(records)).toBe(false);
    await desk.run('auth env -f json', { person: person('account-3'), host: terminal() });
    expect(existsSync(records)).toBe(true);
    const ada = person('account-4');
    const host = terminal();
    expect(await desk.run('auth env -f json', { person: ada, host })).toMatchObject({
      exitCode: 0,
    });
    expect(JSON.parse(host.stdout.text())).toMatchObject({ ATMOS_IDENTITY: 'account-4' });
    expect(ada.asked).toEqual([expect.stringMatching(/^Identity: account-3, account-0, /)]);
  });

  test.each<[string, (text: string) => string]>([
    ['another account', (text) => text.replaceAll('111111111111', '222222222222')],
    ['another realm', (text) => text.replace('realm: r\n', 'realm: other\n')],
  ])('and is asked for again if the name has %s meanwhile', async (_, change) => {
    const { desk, config } = await openProject({ kind: roleKind });
    await desk.run('auth env -i', { person: person('account-3') });
    const ada = person('account-5', 'account-6');
    const select = ada.prompt.select.bind(ada.prompt);
    ada.prompt.select = (question) => {
      writeFileSync(config, change(readFileSync(config, 'utf8')));
      return select(question);
    };
    const { stdout, stderr } = await desk.run('auth env -i -f json', { person: ada });
    expect(stderr).toBe(
      'warning: identity "account-5" has changed since the choices were recorded: pick again\n',
    );
    expect(JSON.parse(stdout)).toMatchObject({ ATMOS_IDENTITY: 'account-6' });
    expect(ada.asked).toHaveLength(2);
  });

  test('but not with an option that replaces it, or after it was named', async () => {
    const { desk } = await openProject();
    await desk.run('auth env', { person: person('account-3'), host: terminal() });
    await desk.run('auth env -i', { person: person('account-3') });
    const user = person();
    const host = terminal();
    const run = (command: string, env = {}) => desk.run(command, { person: user, host, env });
    expect(await run('auth env --unset')).toMatchObject({ exitCode: 0 });
    expect(await run('auth env -i --unset')).toMatchObject({ code: 'ERR_USAGE' });
    expect(await run('auth login --all -i')).toMatchObject({ code: 'ERR_USAGE' });
    expect(await run('auth login --tags x')).toMatchObject({ code: 'ERR_USAGE' });
    expect(await run('auth login --provider x')).toMatchObject({ code: 'ERR_USAGE' });
    expect(await run('auth logout --all --dry-run')).toMatchObject({ exitCode: 0 });
    expect(await run('auth env', { ATMOS_IDENTITY: 'account-2' })).toMatchObject({ exitCode: 0 });
    expect(await run('auth env -i account-2')).toMatchObject({ exitCode: 0 });
    expect(user.asked).toEqual([]);
  });

  test('but not from the choices of a profile that was suggested', async () => {
    const { desk, records } = await openProject({ isInProfile: true });
    const run = (...answers: (string | boolean)[]) =>
      desk.run('auth env -i -f json', { person: person(...answers) });
    expect(await run(true, 'account-3')).toMatchObject({ exitCode: 0 });
    expect(existsSync(records)).toBe(false);
  });

  test('without a terminal, the error is that of the command', async () => {
    const { desk } = await openProject();
    const before = await desk.run('auth env -i');
    expect(before).toMatchObject({ code: 'ERR_NO_TERMINAL' });
    await desk.run('auth env -i', { person: person('account-3') });
    expect(await desk.run('auth env -i')).toEqual(before);
  });

  test('a picker that is canceled leaves the next one as quick', async () => {
    const { desk, records } = await openProject();
    expect(await desk.run('auth env -i', { person: person() })).toMatchObject({
      code: 'ERR_CANCELLED',
    });
    expect(existsSync(records)).toBe(true);
    expect(await desk.run('auth env -i', { person: person() })).toMatchObject({
      code: 'ERR_CANCELLED',
      stdout: '',
    });
  });
});
