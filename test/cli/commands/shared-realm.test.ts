import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultRealm } from '../../../src/config/realm.ts';
import { seedEntries } from '../../keyring/file/seed.ts';
import { keyOnStdin, openDesk, storedKey, yamlOf, type Desk, type DeskOptions } from './desk.ts';

const other = '0123456789abcdef';
const configureCommand = 'auth user configure --stdin --no-verify -i dev';
const nameIt = 'hint: set auth.realm to a name, such as my-project, in atmos.yaml\n';

async function openUnnamed(keyring = 'type: file', options: DeskOptions = {}) {
  const desk = await openDesk(options);
  desk.configure(yamlOf(desk, { keyring }).replace('  realm: r\n', ''));
  const made = `(realm ${defaultRealm(desk.project)} is made from the directory ${desk.project})`;
  return { desk, made };
}

const configure = (desk: Desk, env = {}) => desk.run(configureCommand, { input: keyOnStdin, env });
const path = (directory: string) => `type: file\nspec:\n  path: ${directory}`;

describe('no warning is shown for a keyring', () => {
  test('that is in the default directory and has no entries of other checkouts', async () => {
    const { desk } = await openUnnamed();
    expect((await configure(desk)).stderr).not.toContain('warning:');
    // Run it again, with an access key in it.
    expect((await configure(desk)).stderr).not.toContain('warning:');
    const { stdout } = await desk.run('auth validate -o json');
    expect(JSON.parse(stdout)).toMatchObject({ problems: [] });
  });

  test('that the user has put in another directory of the home directory', async () => {
    const { desk } = await openUnnamed();
    const env = { ATMOS_KEYRING_FILE_PATH: join(desk.root, 'secrets') };
    expect((await configure(desk, env)).stderr).not.toContain('warning:');
  });

  test('whose other realm has a configured name, because that is another project', async () => {
    const entries = { atmos_team_dev: storedKey.atmos_r_dev, [`atmos_${other}_ops`]: '{}' };
    const { desk } = await openUnnamed('type: file', { entries });
    expect((await configure(desk)).stderr).not.toContain('warning:');
  });

  test('when the realm has a configured name', async () => {
    const { desk } = await openUnnamed(path('/srv/keys'), {
      entries: { [`atmos_${other}_dev`]: storedKey.atmos_r_dev },
    });
    const env = { ATMOS_AUTH_REALM: 'mine', ATMOS_KEYRING_FILE_PATH: desk.directory };
    expect((await configure(desk, env)).stderr).not.toContain('warning:');
    const { stdout } = await desk.run('auth validate -o json', { env });
    expect(JSON.parse(stdout)).toMatchObject({ problems: [] });
  });
});

describe('configure and import warn about a keyring', () => {
  test('that has an access key of the identity under the realm of another checkout', async () => {
    const { desk, made } = await openUnnamed('type: file', {
      entries: { [`atmos_${other}_dev`]: storedKey.atmos_r_dev },
    });
    const warning = `warning: the keyring has a key of identity dev under realm ${other}, which another checkout or machine has stored: without auth.realm each finds only its own ${made}\n`;
    expect((await configure(desk)).stderr).toContain(
      `${warning}hint: atmos auth keyring adopt dev --from-realm ${other}\n${nameIt}saved the access key`,
    );
    // Now no entry is left to adopt.
    expect((await configure(desk)).stderr).toContain(`${warning}${nameIt}saved the access key`);
  });

  test('that was imported from another machine, whose realms do not exist here', async () => {
    const { desk, made } = await openUnnamed();
    const source = await seedEntries({ [`atmos_${other}_dev`]: storedKey.atmos_r_dev });
    const result = await desk.run(`auth keyring import --from atmos-file --path ${source}`);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toContain(
      `each finds only its own ${made}\nhint: atmos auth keyring adopt dev --from-realm ${other}\n${nameIt}`,
    );
  });
});

describe('configure and validate warn about a keyring', () => {
  test('that the files of the project name', async () => {
    const { desk, made } = await openUnnamed(path('../keys'));
    const source = `auth.keyring.spec.path (${desk.project}/atmos.yaml:5:13)`;
    const message = `the keyring ${desk.root}/keys (${source}) may be shared, since everyone who has this project uses it: without auth.realm no other checkout or machine finds what is stored here ${made}`;
    expect((await configure(desk)).stderr).toContain(`warning: ${message}\n${nameIt}`);
    const { exitCode, stdout } = await desk.run('auth validate -o json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      problems: [
        {
          severity: 'warning',
          code: null,
          file: join(desk.project, 'atmos.yaml'),
          line: 5,
          message,
          hint: 'set auth.realm to a name, such as my-project, in atmos.yaml',
        },
      ],
    });
  });

  test('that is outside of the home directory', async () => {
    const { desk } = await openUnnamed();
    const home = join(desk.root, 'home');
    mkdirSync(home, { mode: 0o700 });
    const given = {
      env: { ATMOS_KEYRING_FILE_PATH: desk.directory },
      host: { homeDirectory: home },
    };
    const message = `the keyring ${desk.directory} (ATMOS_KEYRING_FILE_PATH) may be shared, since it is outside of your home directory: without auth.realm`;
    const saved = await desk.run(configureCommand, { input: keyOnStdin, ...given });
    expect(saved.stderr).toContain(`warning: ${message}`);
    const { stdout } = await desk.run('auth validate -o json', given);
    expect(JSON.parse(stdout)).toMatchObject({
      problems: [{ severity: 'warning', message: expect.stringContaining(message) }],
    });
  });
});
