import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultRealm } from '../../src/config/realm.ts';
import { openMachine, type RunOptions } from './machine.ts';

/** A directory `real` with an atmos.yaml and a link to it, in the home of a machine. */
async function openLinked() {
  const machine = await openMachine();
  const at = (name: string) => join(machine.home, name);
  mkdirSync(at('real/stacks'), { recursive: true, mode: 0o700 });
  writeFileSync(at('real/atmos.yaml'), 'auth: { keyring: { type: file } }\n');
  symlinkSync('real', at('link'));
  const realm = async (
    options: readonly string[],
    { directory = machine.home, env }: RunOptions,
  ) => {
    const words = ['auth', 'keyring', 'list', '--logs-level', 'Debug', ...options];
    const { stderr } = await machine.atmos(words, { directory, env: { PWD: directory, ...env } });
    return /realm\.resolved .*?realm=(\S+)/.exec(stderr)?.[1] ?? stderr;
  };
  return { machine, at, realm };
}

test('-C link and cd link use the same realm, that of the link', async () => {
  const { at, realm } = await openLinked();
  const ofLink = defaultRealm(at('link'));
  expect(await realm([], { directory: at('link') })).toBe(ofLink);
  expect(await realm(['-C', 'link'], {})).toBe(ofLink);
  expect(await realm(['-C', at('link')], {})).toBe(ofLink);
  expect(await realm(['-C', './real/../link'], {})).toBe(ofLink);
  expect(await realm([], { env: { ATMOS_CHDIR: 'link' } })).toBe(ofLink);
  expect(await realm(['-C', '../../link'], { directory: at('link/stacks') })).toBe(ofLink);
  expect(await realm(['-C', '..'], { directory: at('link/stacks') })).toBe(ofLink);
  expect(await realm(['-C', 'real'], {})).toBe(defaultRealm(at('real')));
  // Without $PWD, as services start programs.
  expect(await realm(['-C', 'link'], { env: { PWD: undefined } })).toBe(ofLink);
});

test('a program that exec starts after -C gets the same directory', async () => {
  const { machine, at } = await openLinked();
  const words = ['auth', 'exec', '-C', 'link', '-i', 'off', '--', 'sh', '-c', 'pwd -L'];
  const { stdout, stderr } = await machine.atmos(words, {
    directory: machine.home,
    env: { PWD: machine.home },
  });
  expect({ stdout, stderr }).toEqual({ stdout: `${at('link')}\n`, stderr: '' });
});
