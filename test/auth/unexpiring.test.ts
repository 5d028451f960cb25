import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forgetUnexpiring, isUnexpiring, noteUnexpiring } from '../../src/auth/unexpiring.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const owner = { realm: 'r', alias: 'dev' };

function openState() {
  const state = temporaryDirectory();
  const directory = join(state, 'atmos', 'unexpiring');
  const records = () => readdirSync(directory).map((file) => join(directory, file));
  return { host: fakeHost({ env: { XDG_STATE_HOME: state } }), records };
}

describe('the record of credentials without an expiry', () => {
  test('is of one owner, by any spelling of its name, and of one configuration', () => {
    const { host } = openState();
    expect(isUnexpiring(owner, 'a', host)).toBe(false);
    noteUnexpiring(owner, 'a', host);
    expect(isUnexpiring(owner, 'a', host)).toBe(true);
    expect(isUnexpiring({ ...owner, alias: 'DEV' }, 'a', host)).toBe(true);
    expect(isUnexpiring({ ...owner, alias: 'prod' }, 'a', host)).toBe(false);
    expect(isUnexpiring({ ...owner, realm: 'other' }, 'a', host)).toBe(false);
    expect(isUnexpiring(owner, 'b', host)).toBe(false);
  });

  test('has no secret, and is replaced after a setting has changed', () => {
    const { host, records } = openState();
    noteUnexpiring(owner, 'a', host);
    noteUnexpiring(owner, 'b', host);
    const [file = '', ...others] = records();
    expect(others).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...owner, chain_fingerprint: 'b' });
    expect(isUnexpiring(owner, 'a', host)).toBe(false);
  });

  test('is removed once, and a missing one is no error', () => {
    const { host, records } = openState();
    noteUnexpiring(owner, 'a', host);
    forgetUnexpiring(owner, host);
    forgetUnexpiring(owner, host);
    expect(records()).toEqual([]);
    expect(isUnexpiring(owner, 'a', host)).toBe(false);
  });

  test('that is damaged counts as missing, and without a state directory nothing is recorded', () => {
    const { host, records } = openState();
    noteUnexpiring(owner, 'a', host);
    for (const file of records()) writeFileSync(file, '[');
    expect(isUnexpiring(owner, 'a', host)).toBe(false);
    const nowhere = fakeHost({ homeDirectory: undefined });
    noteUnexpiring(owner, 'a', nowhere);
    expect(isUnexpiring(owner, 'a', nowhere)).toBe(false);
  });
});
