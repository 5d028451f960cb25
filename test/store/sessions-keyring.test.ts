import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Spec } from '../../src/core/keyring-spec.ts';
import type { KeyringContext } from '../../src/keyring/contract.ts';
import { realHost } from '../../src/host/real.ts';
import { keepsSessionsApart, openKeyrings } from '../../src/store/sessions-keyring.ts';
import { errorOf } from '../support/error-of.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import { peer } from '../support/peers.ts';
import { createTeam, type Machine } from '../support/team.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const session = 'atmos_team_dev@session';
const token = 'atmos_0123456789012345678901234567890123456789@token';
const key = 'atmos_team_dev';

interface Opened {
  /** Keys of `auth.keyring.spec` besides those of the readers. */
  readonly spec?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A file keyring with readers, as a machine opens it. */
function contextOf(directory: string, machine: Machine, { spec = {}, env = {} }: Opened = {}) {
  const warnings: string[] = [];
  const said = (name: string, value: unknown) => ({
    value,
    source: `auth.keyring.spec.${name} (/p/atmos.yaml:4:7)`,
    path: ['auth', 'keyring', 'spec', name],
  });
  const all = {
    path: directory,
    recipients: [machine.recipient],
    identity_file: machine.identityFile,
    ...spec,
  };
  const whole: Spec = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, said(name, value)]),
  );
  const context: KeyringContext = {
    keyring: {
      type: { value: 'file', source: 'auth.keyring.type (/p/atmos.yaml:3:5)' },
      spec: whole,
    },
    host: {
      ...realHost(),
      env: { XDG_STATE_HOME: join(machine.home, 'state'), ...env },
      homeDirectory: machine.home,
      platform: 'linux',
    },
    warn: (message) => void warnings.push(message),
  };
  return { context, warnings };
}

async function openTeam() {
  const path = temporaryDirectory();
  mkdirSync(join(path, 'other'));
  const { directory, machine } = createTeam(path);
  return { directory, machine: await machine('one') };
}

describe('a keyring with readers', () => {
  test('gets the access keys, and this process keeps the sessions if the system has no keyring', async () => {
    const { directory, machine } = await openTeam();
    const { context, warnings } = contextOf(directory, machine);
    const { keyring, sessions } = await openKeyrings(context);
    for (const name of [key, session, token]) await keyring.set(name, `of ${name}`);
    expect(await keyring.keys()).toEqual([token, key, session].toSorted());
    expect(await keyring.get(session)).toBe(`of ${session}`);
    expect(await sessions?.()).toMatchObject({ type: 'memory', persistent: false });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^sessions are kept only until this process exits: the keyring is shared, and the system keyring is not ready: .+$/,
    );
    await keyring.close();

    const other = await openKeyrings(contextOf(directory, machine).context);
    expect(await other.keyring.keys()).toEqual([key]);
    expect(await other.keyring.get(session)).toBeNull();
    expect(await other.keyring.delete(session)).toBe(false);
  });

  test('warns of nothing if memory is configured, and says nothing before a session is needed', async () => {
    const { directory, machine } = await openTeam();
    const configured = contextOf(directory, machine, { spec: { sessions_keyring: 'memory' } });
    const { keyring } = await openKeyrings(configured.context);
    await keyring.set(session, 'value');
    expect(configured.warnings).toEqual([]);

    const byDefault = contextOf(directory, machine);
    const opened = await openKeyrings(byDefault.context);
    await opened.keyring.set(key, 'value');
    expect(byDefault.warnings).toEqual([]);
  });

  test('keeps everything together if that is configured', async () => {
    const { directory, machine } = await openTeam();
    const { context } = contextOf(directory, machine, { spec: { sessions: 'shared' } });
    expect(keepsSessionsApart(context)).toBe(false);
    const { keyring, sessions } = await openKeyrings(context);
    expect(sessions).toBeUndefined();
    await keyring.set(session, 'of the team');

    const local = await openKeyrings(contextOf(directory, machine).context);
    expect(await local.keyring.get(session)).toBeNull();
    expect(await local.keyring.keys()).toEqual([]);
    expect(await keyring.get(session)).toBe('of the team');
  });

  test('cannot also be the keyring of its sessions', async () => {
    const { directory, machine } = await openTeam();
    const { context } = contextOf(directory, machine, { spec: { sessions_keyring: 'file' } });
    expect(await errorOf(openKeyrings(context))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message:
        'the file keyring is shared, so it cannot also be the keyring of its sessions (from auth.keyring.spec.sessions_keyring (/p/atmos.yaml:4:7))',
    });
  });

  test('is unavailable if its configured keyring of sessions is', async () => {
    const { directory, machine } = await openTeam();
    const { context } = contextOf(directory, machine, { spec: { sessions_keyring: 'system' } });
    const { keyring } = await openKeyrings(context);
    await keyring.set(key, 'value');
    expect(await keyring.probe()).toMatchObject({ state: 'unavailable' });
    expect(await errorOf(keyring.get(session))).toMatchObject({ code: 'ERR_KEYRING_UNAVAILABLE' });
    expect(await errorOf(keyring.keys())).toMatchObject({ code: 'ERR_KEYRING_UNAVAILABLE' });
    expect(await keyring.get(key)).toBe('value');
  });
});

test('a keyring with a password keeps its sessions with the access keys', () => {
  const type = { value: 'file', source: 'auth.keyring.type (/p/atmos.yaml:3:5)' };
  const path = { value: '/somewhere/keyring', source: 'default' };
  const host = { ...realHost(), env: {} };
  expect(keepsSessionsApart({ keyring: { type, spec: { path } }, host })).toBe(false);
  const sessions = { value: 'local', source: 'auth.keyring.spec.sessions (/p/atmos.yaml:4:7)' };
  expect(keepsSessionsApart({ keyring: { type, spec: { path, sessions } }, host })).toBe(true);
});

test.skipIf(!peer('gnome-keyring'))(
  'sessions are in the Secret Service if it is ready',
  async () => {
    const service = await openGnomeKeyring();
    try {
      const { directory, machine } = await openTeam();
      const env = Object.fromEntries(
        Object.entries(service.env).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value] as const],
        ),
      );
      const first = contextOf(directory, machine, { env });
      const { keyring, sessions } = await openKeyrings(first.context);
      await keyring.set(session, 'mine');
      await keyring.set(key, 'of the team');
      expect(await sessions?.()).toMatchObject({ type: 'system', persistent: true });
      await keyring.close();

      const again = await openKeyrings(contextOf(directory, machine, { env }).context);
      expect(await again.keyring.get(session)).toBe('mine');
      expect(await again.keyring.keys()).toEqual([key, session]);
      expect(await again.keyring.probe()).toMatchObject({ state: 'ready' });
      await again.keyring.close();
      expect(first.warnings).toEqual([]);
    } finally {
      await service.close();
    }
  },
);
