import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import {
  accessKey,
  configOf,
  keyOnStdin,
  openMachine,
  sessionCalls,
  shown,
  type Machine,
} from './machine.ts';

/** A persistent keyring as a user sees it: its configuration and its output. */
interface KeyringKind {
  readonly type: string;
  /** Lines for `auth.keyring`. */
  readonly settings: string;
  location(machine: Machine): string;
  /** The location that `status` prints after it has checked the keyring. */
  lookedAt?: RegExp;
  /** Whether this system can run the keyring. */
  isThere?: boolean;
  /** Starts it on a machine. */
  start?(machine: Machine): Promise<void>;
}

const kinds: readonly KeyringKind[] = [
  { type: 'file', settings: 'type: file', location: ({ keyring }) => keyring },
  {
    type: 'system',
    settings: 'type: system',
    location: () => 'Secret Service',
    lookedAt: /^Secret Service \(gnome-keyring \S+\), collection login$/,
    isThere: peer('gnome-keyring') !== undefined,
    async start(machine) {
      const service = await openGnomeKeyring();
      onTestFinished(() => service.close());
      const { DBUS_SESSION_BUS_ADDRESS: address } = service.env;
      Object.assign(machine.env, { DBUS_SESSION_BUS_ADDRESS: address });
      delete machine.env['ATMOS_KEYRING_PASSWORD'];
    },
  },
];

const seconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe.each(kinds)('the main job on the keyring $type', (kind) => {
  const { type, settings, location, lookedAt, isThere = true, start } = kind;

  test.skipIf(!isThere)(
    'stores an access key, opens, uses, lists and removes a session, and does it all again',
    async () => {
      const machine = await openMachine();
      const { atmos } = machine;
      await start?.(machine);
      machine.writeConfig(configOf(machine, { keyring: settings }));
      const source = `auth.keyring.type (${machine.project}/atmos.yaml:4:11)`;

      expect(await atmos('auth user configure --stdin', { input: keyOnStdin })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr:
          `saved the access key AKIA…MPLE of identity emergency-user in the ${type} keyring (${shown(location(machine), machine)}), realm script\n` +
          'Next: atmos auth login --identity emergency-user\n',
      });
      expect(machine.sts.calls).toEqual([]);

      const before = await atmos('auth whoami -o json');
      expect(before).toMatchObject({ exitCode: 4, stderr: '' });
      expect(JSON.parse(before.stdout)).toMatchObject({
        valid: false,
        reason: 'there is no session',
      });

      const login = await atmos('auth login');
      expect(login).toMatchObject({ exitCode: 0, stdout: '' });
      expect(login.stderr).toMatch(
        /^✓ Logged in as emergency-user until .* \(in 1[12]h.*\)\nnote: without MFA, .*\n$/,
      );
      const again = await atmos('auth login');
      expect(again).toMatchObject({ exitCode: 0, stdout: '' });
      expect(again.stderr).toMatch(/^Already logged in as emergency-user until /);
      expect(sessionCalls(machine)).toHaveLength(1);

      const whoami = await atmos('auth whoami -o json');
      expect(whoami).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(whoami.stdout)).toEqual({
        identity: 'emergency-user',
        kind: 'aws/user',
        provider: 'aws-user',
        realm: 'script',
        realm_source: `auth.realm (${machine.project}/atmos.yaml:2:10)`,
        principal: 'arn:aws:iam::123456789012:user/emergency',
        account: '123456789012',
        region: 'us-east-1',
        expires_at: expect.stringMatching(seconds),
        expiration: expect.stringMatching(seconds),
        environment: expect.objectContaining({ AWS_PROFILE: 'emergency-user' }),
        credentials_ref: 'emergency-user',
        source: 'keyring',
        token_source: null,
        valid: true,
        reason: null,
        key_refused_at: null,
        keyring: { type, source, location: location(machine), fallback: null },
      });
      const seen = await atmos('auth whoami');
      expect(seen).toMatchObject({ exitCode: 0, stdout: '' });
      expect(seen.stderr).toMatch(
        /^emergency-user in account 123456789012, realm script: valid until /,
      );

      const exec = await atmos([
        'auth',
        'exec',
        '--',
        'sh',
        '-c',
        'echo "$AWS_ACCESS_KEY_ID"; echo to stderr >&2; exit 7',
      ]);
      expect(exec).toEqual({
        exitCode: 7,
        stdout: expect.stringMatching(/^ASIA\w{16}\n$/),
        stderr: 'to stderr\n',
      });

      const env = await atmos('auth env');
      expect(env).toMatchObject({ exitCode: 0, stderr: '' });
      expect(env.stdout).toMatch(
        /^unset .*AWS_ACCESS_KEY_ID .*\nexport ATMOS_AUTH_ENV_SET=\S+\nexport ATMOS_IDENTITY=emergency-user\nexport AWS_CONFIG_FILE=\S+\n/,
      );
      expect(env.stdout).not.toMatch(/export AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)/);

      const process = await atmos('auth credential-process');
      expect(process).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(process.stdout)).toEqual({
        Version: 1,
        AccessKeyId: exec.stdout.trim(),
        SecretAccessKey: expect.stringMatching(/^.{40}$/),
        SessionToken: expect.stringMatching(/^.{100,}$/),
        Expiration: expect.stringMatching(seconds),
      });
      expect(sessionCalls(machine)).toHaveLength(1);

      const status = await atmos('auth keyring status -o json');
      expect(status).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(status.stdout)).toMatchObject({
        type,
        source,
        location: lookedAt ? expect.stringMatching(lookedAt) : location(machine),
        persistent: true,
        state: 'ready',
        reason: null,
        entries: 2,
      });

      const list = await atmos('auth keyring list --long -o json');
      expect(list).toMatchObject({ exitCode: 0, stderr: '' });
      const entry = {
        owner: 'atmos-auth',
        realm: 'script',
        identity: 'emergency-user',
        kind: 'aws',
        size_bytes: expect.any(Number),
      };
      expect(JSON.parse(list.stdout)).toEqual([
        { ...entry, key: 'atmos_script_emergency-user', item: 'key', expires_at: null },
        {
          ...entry,
          key: 'atmos_script_emergency-user@session',
          item: 'session',
          expires_at: expect.stringMatching(seconds),
        },
      ]);

      expect(await atmos('auth logout emergency-user')).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'removed the session of emergency-user: atmos_script_emergency-user@session\n',
      });
      expect(await atmos('auth logout emergency-user')).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'nothing to remove in realm script\n',
      });
      expect(await atmos('auth whoami')).toMatchObject({ exitCode: 4, stdout: '' });

      // The access key is still stored: a program gets a session without a prompt.
      expect(await atmos('auth exec -- true')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(sessionCalls(machine)).toHaveLength(2);

      const cleared = await atmos('auth logout --all --keychain --force -o json');
      expect(cleared).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(cleared.stdout)).toEqual({
        removed: [
          {
            key: 'atmos_script_emergency-user@session',
            realm: 'script',
            identity: 'emergency-user',
            provider: null,
            item: 'session',
          },
          {
            key: 'atmos_script_emergency-user',
            realm: 'script',
            identity: 'emergency-user',
            provider: null,
            item: 'key',
          },
        ],
        left: [],
        removed_files: [],
        left_files: [],
        ended: [],
        dry_run: false,
      });
      const gone = await atmos('auth login');
      expect(gone).toMatchObject({ exitCode: 4, stdout: '' });
      expect(gone.stderr).toBe(
        'error: no access key is stored for identity emergency-user\n' +
          'hint: atmos auth user configure --identity emergency-user\n' +
          'hint: to sign in with a browser instead: atmos auth login --identity emergency-user --webflow\n',
      );

      const { stderr } = await atmos('auth user configure --stdin --verify', { input: keyOnStdin });
      expect(stderr).toMatch(
        /^AWS knows this key as arn:aws:iam::123456789012:user\/emergency\nsaved the access key/,
      );
      expect(await atmos('auth login --force')).toMatchObject({ exitCode: 0 });
      expect(sessionCalls(machine)).toHaveLength(3);
    },
  );

  test.skipIf(!isThere)(
    'the access key can come from the AWS files, and a subdirectory is the same project',
    async () => {
      const machine = await openMachine();
      const { atmos, home, project } = machine;
      await start?.(machine);
      machine.writeConfig(configOf(machine, { keyring: settings }));
      const created = JSON.stringify({
        AccessKey: {
          UserName: 'emergency',
          AccessKeyId: accessKey.accessKeyId,
          SecretAccessKey: accessKey.secretAccessKey,
          Status: 'Active',
          CreateDate: '2026-01-01T00:00:00Z',
        },
      });
      expect(await atmos('auth user configure --stdin', { input: created })).toMatchObject({
        exitCode: 0,
      });
      const deeper = join(project, 'modules/vpc');
      mkdirSync(deeper, { recursive: true });
      expect(await atmos('auth exec -- true', { directory: deeper })).toMatchObject({
        exitCode: 0,
      });
      expect(
        await atmos(['-C', project, 'auth', '-i', 'EMERGENCY-user', 'whoami'], { directory: home }),
      ).toMatchObject({
        exitCode: 0,
      });
      expect(sessionCalls(machine)).toHaveLength(1);
    },
  );
});

test('without a persistent keyring, each command opens a session with the access key of the environment', async () => {
  const machine = await openMachine();
  const { atmos } = machine;
  machine.env['DEPLOY_KEY_ID'] = accessKey.accessKeyId;
  machine.env['DEPLOY_SECRET'] = accessKey.secretAccessKey;
  delete machine.env['ATMOS_KEYRING_PASSWORD'];
  machine.writeConfig(
    configOf(machine, {
      keyring: 'type: memory',
      identity:
        'credentials:\n  access_key_id: !env DEPLOY_KEY_ID\n  secret_access_key: !env DEPLOY_SECRET',
    }),
  );

  expect(
    await atmos('auth exec -- sh', { input: 'echo "${AWS_SESSION_TOKEN:+a session}"' }),
  ).toEqual({
    exitCode: 0,
    stdout: 'a session\n',
    stderr: '',
  });
  expect(await atmos('auth credential-process')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('"AccessKeyId":"ASIA'),
    stderr: '',
  });
  expect(sessionCalls(machine)).toHaveLength(2);

  const login = await atmos('auth login');
  expect(login).toMatchObject({ exitCode: 0, stdout: '' });
  expect(login.stderr).toContain(
    'warning: the memory keyring keeps entries only until the process exits: this session ends with this command\n',
  );

  expect(await atmos('auth whoami -o json')).toMatchObject({ exitCode: 4 });
  expect(await atmos('auth keyring list -o json')).toEqual({
    exitCode: 0,
    stdout: '[]\n',
    stderr: '',
  });
  const status = await atmos('auth keyring status -o json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    type: 'memory',
    location: 'this process',
    location_source: null,
    persistent: false,
    state: 'ready',
    entries: 0,
  });
  expect(await atmos('auth logout --all')).toMatchObject({
    exitCode: 0,
    stderr: 'nothing to remove in realm script\n',
  });

  const configure = await atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(configure).toMatchObject({ exitCode: 2, stdout: '' });
  expect(configure.stderr).toContain('keeps entries only until the process exits');
  expect(await atmos('auth exec --credentials process -- true')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('hint: use --credentials env\n'),
  });
});
