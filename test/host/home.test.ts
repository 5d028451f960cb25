import { describe, expect, test } from 'vitest';
import {
  cacheDirectory,
  configDirectory,
  dataDirectory,
  stateDirectory,
} from '../../src/host/home.ts';
import type { Host } from '../../src/host/host.ts';

function machine(env: Host['env'], platform: Host['platform'] = 'linux') {
  return { env, platform, homeDirectory: '/home/ada' };
}

describe('our directories', () => {
  test.each(['linux', 'darwin'] as const)('are those of XDG on %s', (platform) => {
    const host = machine({}, platform);
    expect(dataDirectory(host)).toBe('/home/ada/.local/share/atmos');
    expect(configDirectory(host)).toBe('/home/ada/.config/atmos');
    expect(stateDirectory(host)).toBe('/home/ada/.local/state/atmos');
  });

  test('are where the variables say, those of Atmos first', () => {
    const env = {
      XDG_DATA_HOME: '/xdg/data',
      XDG_STATE_HOME: '/xdg/state',
      ATMOS_XDG_STATE_HOME: '/atmos/state',
    };
    expect(dataDirectory(machine(env))).toBe('/xdg/data/atmos');
    expect(stateDirectory(machine(env))).toBe('/atmos/state/atmos');
    expect(configDirectory(machine(env))).toBe('/home/ada/.config/atmos');
  });

  test('are not where an empty or relative variable says', () => {
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
