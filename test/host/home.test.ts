import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closedInHome, describeClosed } from '../../src/host/closed-home.ts';
import {
  abbreviateHome,
  cacheDirectory,
  configDirectory,
  dataDirectory,
  fromHome,
  requireFromHome,
  requirePath,
  requireStateDirectory,
  stateDirectory,
} from '../../src/host/home.ts';
import type { Host } from '../../src/host/host.ts';
import { thrownBy } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { asStranger, isRoot } from '../support/privilege.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function machine(env: Host['env'], platform: Host['platform'] = 'linux') {
  return { env, platform, homeDirectory: '/home/ada' };
}

describe('the directories of atmos-auth', () => {
  test.each(['linux', 'darwin'] as const)('are the XDG defaults on %s', (platform) => {
    const host = machine({}, platform);
    expect(dataDirectory(host)).toBe('/home/ada/.local/share/atmos');
    expect(configDirectory(host)).toBe('/home/ada/.config/atmos');
    expect(stateDirectory(host)).toBe('/home/ada/.local/state/atmos');
  });

  test('are set by variables; the variables of Atmos come first', () => {
    const env = {
      XDG_DATA_HOME: '/xdg/data',
      XDG_STATE_HOME: '/xdg/state',
      ATMOS_XDG_STATE_HOME: '/atmos/state',
    };
    expect(dataDirectory(machine(env))).toBe('/xdg/data/atmos');
    expect(stateDirectory(machine(env))).toBe('/atmos/state/atmos');
    expect(configDirectory(machine(env))).toBe('/home/ada/.config/atmos');
  });

  test('ignore empty and relative variables', () => {
    const env = { ATMOS_XDG_DATA_HOME: '', XDG_DATA_HOME: 'data' };
    expect(dataDirectory(machine(env))).toBe('/home/ada/.local/share/atmos');
  });

  test('are under LOCALAPPDATA on Windows', () => {
    const env = { LOCALAPPDATA: '/c/local' };
    expect(stateDirectory(machine(env, 'win32'))).toBe('/c/local/atmos');
    expect(cacheDirectory(machine(env, 'win32'))).toBe('/c/local/cache/atmos');
    expect(stateDirectory(machine({}, 'win32'))).toBe('/home/ada/AppData/Local/atmos');
    expect(stateDirectory(machine(env))).toBe('/home/ada/.local/state/atmos');
  });
});

describe('without a home directory', () => {
  const nowhere = { env: {}, platform: 'linux', homeDirectory: undefined, userId: 1000 } as const;

  test('directories exist only if a variable names them', () => {
    for (const find of [dataDirectory, configDirectory, cacheDirectory, stateDirectory]) {
      expect(find(nowhere)).toBeUndefined();
      expect(find({ ...nowhere, platform: 'win32' })).toBeUndefined();
    }
    const host = { ...nowhere, env: { XDG_STATE_HOME: '/state' } };
    expect(stateDirectory(host)).toBe('/state/atmos');
    expect(requireStateDirectory('a handle', host)).toBe('/state/atmos');
  });

  test.each<[string, Record<string, string>]>([
    ['is not set', {}],
    ['is empty', { HOME: '' }],
    ['is not an absolute path', { HOME: 'home' }],
  ])(
    'a required directory fails: the error says that HOME %s, the hints which variables to set',
    (state, env) => {
      const error = thrownBy(() => requireStateDirectory('a handle', { ...nowhere, env }));
      expect(error.code).toBe('ERR_USAGE');
      expect(error.message).toBe(
        `no home directory for a handle: HOME ${state}, and the passwd database has none for user 1000`,
      );
      expect(error.hints).toEqual([
        'export HOME=<a directory of your own>',
        'export XDG_STATE_HOME=<a directory of your own>',
      ]);
    },
  );

  test('the error names USERPROFILE on Windows', () => {
    const host = { ...nowhere, platform: 'win32', userId: undefined } as const;
    expect(thrownBy(() => requireStateDirectory('a handle', host)).message).toBe(
      'no home directory for a handle: USERPROFILE is not set',
    );
  });

  test('a path that starts with ~ is never resolved in the working directory', () => {
    expect(fromHome('~/keyring', undefined)).toBeUndefined();
    expect(fromHome('keyring~', undefined)).toBe('keyring~');
    expect(fromHome('~/keyring', '/home/ada')).toBe('/home/ada/keyring');
    const said = { value: '~/keyring', source: 'ATMOS_KEYRING_FILE_PATH' };
    expect(thrownBy(() => requireFromHome(said, nowhere)).message).toBe(
      'no home directory for the ~ in the path from ATMOS_KEYRING_FILE_PATH: HOME is not set, and the passwd database has none for user 1000',
    );
  });
});

describe('a directory in a home directory', () => {
  /**
   * A home directory that cannot be searched: as root it belongs to another user, otherwise its
   * owner has no permission.
   */
  function closedHome() {
    const home = join(temporaryDirectory(), 'home');
    mkdirSync(join(home, '.atmos/profiles'), { recursive: true });
    chmodSync(join(home, '..'), 0o755);
    return home;
  }

  async function closed(directory: string, homeDirectory: string, mode: number, at: string) {
    chmodSync(at, mode);
    onTestFinished(() => chmodSync(at, 0o700));
    const look = async () => closedInHome(directory, { homeDirectory });
    return isRoot ? asStranger(look) : look();
  }

  test('is not closed if it is missing or can be searched', () => {
    const homeDirectory = closedHome();
    for (const path of [homeDirectory, join(homeDirectory, '.atmos'), join(homeDirectory, 'x/y')]) {
      expect(closedInHome(path, { homeDirectory })).toBeUndefined();
    }
    expect(closedInHome('/x', { homeDirectory: undefined })).toBeUndefined();
  });

  test('is closed by a parent directory that cannot be searched', async () => {
    const home = closedHome();
    const found = await closed(join(home, '.atmos/profiles'), home, 0o600, home);
    expect(found?.path).toBe(home);
    const why = isRoot ? 'belongs to user 0' : 'has mode 0600';
    expect(found && describeClosed(found)).toBe(`cannot search ${home} (it ${why})`);
  });

  test('is closed by itself if it cannot be searched', async () => {
    const home = closedHome();
    const directory = join(home, '.atmos');
    chmodSync(home, 0o755);
    expect((await closed(directory, home, 0o600, directory))?.path).toBe(directory);
  });

  test('is not closed outside of the home directory, so that the system reports the error', async () => {
    const home = closedHome();
    expect(await closed(join(home, '.atmos'), '/elsewhere', 0o600, home)).toBeUndefined();
  });
});

describe('paths for people', () => {
  const shown = (text: string, homeDirectory: string | undefined = '/home/ada') =>
    abbreviateHome(text, { homeDirectory });

  test.each([
    ['/home/ada', '~'],
    ['/home/ada/infra/atmos.yaml:3:5', '~/infra/atmos.yaml:3:5'],
    ['r (auth.realm (/home/ada/a.yaml:2:1)), /home/ada/b', 'r (auth.realm (~/a.yaml:2:1)), ~/b'],
    ['"/home/ada/x" and /home/ada: gone', '"~/x" and ~: gone'],
    ['/home/adam/x', '/home/adam/x'],
    ['/mnt/home/ada/x', '/mnt/home/ada/x'],
    ['file:///home/ada/x', 'file:///home/ada/x'],
    ['/srv/keyring', '/srv/keyring'],
  ])('%s is shown as %s', (text, short) => {
    expect(shown(text)).toBe(short);
  });

  test('are whole where the home directory is the root directory, or missing', () => {
    expect(shown('/etc/atmos', '/')).toBe('/etc/atmos');
    expect(abbreviateHome('/etc/atmos', { homeDirectory: undefined })).toBe('/etc/atmos');
    expect(shown('/home/ada/x', '/home/ada/')).toBe('~/x');
  });
});

test('a secret key of age is no path, and is not shown', () => {
  const key = `AGE-SECRET-KEY-1${'Q'.repeat(58)}`;
  for (const value of [key, `/project/${key}`, key.toLowerCase()]) {
    const said = { value, source: '--identity-file' };
    for (const use of [() => requirePath(said), () => requireFromHome(said, fakeHost())]) {
      expect(thrownBy(use)).toMatchObject({
        code: 'ERR_USAGE',
        message: 'the path from --identity-file is a secret key of age, not a path',
      });
    }
  }
});

test('a path with a NUL is rejected with its source', () => {
  const said = { value: '~/a\0b', source: '--logs-file' };
  for (const use of [() => requirePath(said), () => requireFromHome(said, fakeHost())]) {
    const { code, message } = thrownBy(use);
    expect(code).toBe('ERR_USAGE');
    expect(message).toBe('the path from --logs-file contains a NUL character');
  }
  expect(requirePath({ value: 'a/b', source: '--logs-file' })).toBe('a/b');
});
