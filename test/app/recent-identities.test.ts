import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { pickRecentFirst } from '../../src/app/recent-identities.ts';
import { say } from '../../src/core/hint.ts';
import type { Host } from '../../src/host/host.ts';
import { contentsOf } from '../support/contents.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const question = { message: 'Identity', choices: ['a', 'b', 'c'], instead: say('name one') };

/** Picks a name, and gives the order in which the choices were shown. */
async function pick(name: string, host: Host, realm = 'r'): Promise<readonly string[]> {
  let shown: readonly string[] = [];
  const select = ({ choices }: typeof question) => {
    shown = choices;
    return Promise.resolve(name);
  };
  expect(await pickRecentFirst(question, { realm, host, select })).toBe(name);
  return shown;
}

function openHost() {
  const root = temporaryDirectory();
  return { root, host: fakeHost({ env: { ATMOS_XDG_STATE_HOME: root }, homeDirectory: root }) };
}

test('shows the identities that were picked last first, for each realm', async () => {
  const { host } = openHost();
  expect(await pick('c', host)).toEqual(['a', 'b', 'c']);
  expect(await pick('b', host)).toEqual(['c', 'a', 'b']);
  expect(await pick('b', host)).toEqual(['b', 'c', 'a']);
  expect(await pick('a', host, 'another')).toEqual(['a', 'b', 'c']);
});

test('keeps the record private, and ignores one that is damaged', async () => {
  const { root, host } = openHost();
  await pick('c', host);
  const [path = ''] = Object.keys(await contentsOf(root));
  if (host.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, '{"a":');
  expect(await pick('b', host)).toEqual(['a', 'b', 'c']);
});

test('does without a record if it cannot be written', async () => {
  const { host } = openHost();
  const homeless = { ...host, env: {}, homeDirectory: undefined };
  await pick('c', homeless);
  expect(await pick('c', homeless)).toEqual(['a', 'b', 'c']);
});

test('ignores a record that another user could have written, or that is too large', async () => {
  const { root, host } = openHost();
  await pick('c', host);
  const [path = ''] = Object.keys(await contentsOf(root));
  writeFileSync(path, JSON.stringify(['b', 'x'.repeat(65_536)]));
  expect(await pick('c', host)).toEqual(['a', 'b', 'c']);
  if (host.platform === 'win32') return;
  chmodSync(path, 0o666);
  expect(await pick('b', host)).toEqual(['a', 'b', 'c']);
  chmodSync(dirname(path), 0o777);
  await pick('a', host);
  expect(await pick('b', host)).toEqual(['a', 'b', 'c']);
});
