import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storedSessionsIn } from '../../src/app/stored-sessions.ts';
import { createAuthManager } from '../../src/app/open.ts';
import { planChain } from '../../src/auth/chain.ts';
import { awsSessionFiles } from '../../src/clouds/aws/atmos-session.ts';
import { awsCredentials } from '../../src/core/credentials.ts';
import type { Identity } from '../../src/core/kind-config.ts';
import type { StsRole } from '../support/sts-types.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { hours, identityAt, keys, minutes, openPlace, testStart, user } from './place.ts';

const owner = { realm: 'r', root: 'aws-user', identity: 'dev' };
const roleArn = `arn:aws:iam::${user.account}:role/hub`;
const roles: StsRole[] = [
  { arn: roleArn, trust: [{ principal: `arn:aws:iam::${user.account}:user/ada` }] },
];

/** A place whose configuration has `session_files`, in a file of yesterday. */
async function openShared(fields: Partial<Identity> = {}) {
  const home = temporaryDirectory();
  const config = join(home, 'atmos.yaml');
  writeFileSync(config, '');
  const yesterday = new Date(testStart.getTime() - 24 * hours);
  utimesSync(config, yesterday, yesterday);
  const hub = (dev: Identity): Identity => ({
    ...dev,
    name: 'hub',
    kind: 'aws/assume-role',
    via: { identity: 'dev' },
    principal: { assume_role: roleArn },
  });
  const place = await openPlace({
    host: { homeDirectory: home },
    sts: { roles },
    configured: (spec) => {
      const dev = { ...identityAt({ spec }), ...fields };
      return { identities: [dev, hub(dev)], providers: [] };
    },
  });
  const context = { ...place.context, sessionFiles: { configFiles: [config] } };
  const named = (name: string) => {
    const found = context.configured?.identities.find((one) => one.name === name);
    if (found === undefined) throw new TypeError(name);
    return found;
  };
  const directory = join(home, '.config/atmos/r/aws');
  /** What Atmos opened at this time. */
  const atmosOpens = async (openedAt: Date, of = owner, lifeMs = 12 * hours) => {
    const opened = awsCredentials({
      accessKeyId: 'ASIAATMOSATMOSATMOS1',
      secretAccessKey: user.secretAccessKey,
      sessionToken: 'TokenOfAtmos',
      expiresAt: new Date(openedAt.getTime() + lifeMs),
      region: 'eu-west-3',
    });
    await awsSessionFiles.write(of, opened, place.host);
    setTime(join(directory, of.root, 'credentials'), openedAt);
    return opened;
  };
  return {
    place,
    context,
    config,
    manager: createAuthManager(context),
    dev: named('dev'),
    hub: named('hub'),
    file: (of = owner) => awsSessionFiles.read(of, place.host)?.credentials,
    credentials: join(directory, 'aws-user/credentials'),
    atmosOpens,
    stateOf: async (identity: Identity) => {
      const sessions = await storedSessionsIn(context);
      const chain = await planChain(identity, context.configured ?? neverGiven(), {});
      return sessions.of(chain.target, chain);
    },
  };
}

function neverGiven(): never {
  throw new TypeError('not configured');
}

function setTime(path: string, time: Date): void {
  utimesSync(path, time, time);
}

describe('a session that this program opened', () => {
  test('is written for Atmos, and is not mistaken for one of Atmos', async () => {
    const { manager, dev, place, file } = await openShared();
    await manager.saveKeys(dev, keys);
    const { session } = await manager.login(dev);
    expect(file()).toMatchObject({
      sessionToken: session.credentials.sessionToken,
      expiresAt: session.credentials.expiresAt,
      region: 'us-east-1',
    });
    await place.keyring.delete('atmos_r_dev@session');
    expect(await manager.login(dev)).toMatchObject({ wasOpened: true });
    expect(place.server.requests()).toEqual({ GetSessionToken: 2 });
    expect(place.warnings).toEqual([]);
  });

  test('is written again when a login finds it in the keyring', async () => {
    const { manager, dev, file, credentials } = await openShared();
    await manager.saveKeys(dev, keys);
    const { session } = await manager.login(dev);
    writeFileSync(credentials, '');
    expect(await manager.login(dev)).toMatchObject({ wasOpened: false });
    expect(file()?.sessionToken).toBe(session.credentials.sessionToken);
  });

  test('of a chain is written under the name of its first link, as Atmos does', async () => {
    const { manager, dev, hub, file } = await openShared();
    await manager.saveKeys(dev, keys);
    const { session } = await manager.login(hub);
    expect(file({ realm: 'r', root: 'dev', identity: 'hub' })?.sessionToken).toBe(
      session.credentials.sessionToken,
    );
    expect(file()).toBeUndefined();
  });

  test('is used, with a warning, if it cannot be written', async () => {
    const { manager, dev, place, credentials } = await openShared();
    await manager.saveKeys(dev, keys);
    await manager.login(dev);
    writeFileSync(credentials, Buffer.from([0xff]));
    expect(await manager.login(dev, { force: true })).toMatchObject({ wasOpened: true });
    expect(place.warnings).toEqual([
      `the session of identity dev is used, but not shared with Atmos: cannot write ${credentials}: it is not UTF-8 text`,
    ]);
  });

  test('is not written without session_files', async () => {
    const { place, dev, file } = await openShared();
    await place.manager.saveKeys(dev, keys);
    await place.manager.login(dev);
    expect(file()).toBeUndefined();
  });
});

describe('a session that Atmos opened', () => {
  test('is used by login, whoami and list, and is not stored', async () => {
    const { manager, dev, place, atmosOpens, stateOf } = await openShared();
    const opened = await atmosOpens(testStart);
    const session = { credentials: opened, source: 'atmos' };
    expect(await manager.login(dev)).toMatchObject({
      session,
      wasOpened: false,
      region: 'us-east-1',
    });
    expect(await stateOf(dev)).toMatchObject({ kind: 'valid', session });
    expect(await manager.list()).toContainEqual(
      expect.objectContaining({ name: 'dev', session: 'valid', expiresAt: opened.expiresAt }),
    );
    expect(await manager.whoami(dev)).toMatchObject({
      source: 'atmos',
      expiresAt: opened.expiresAt,
    });
    expect(await place.keyring.keys()).toEqual([]);
    expect(place.server.requests()).toEqual({ GetCallerIdentity: 1 });
  });

  test('is not used with --force, and replaced in the file', async () => {
    const { manager, dev, atmosOpens, file } = await openShared();
    await manager.saveKeys(dev, keys);
    await atmosOpens(testStart);
    const { session, wasOpened } = await manager.login(dev, { force: true });
    expect(wasOpened).toBe(true);
    expect(session.source).toBeUndefined();
    expect(file()?.sessionToken).toBe(session.credentials.sessionToken);
  });

  test('opens the next link of a chain', async () => {
    const { manager, dev, hub, place, atmosOpens } = await openShared();
    await manager.saveKeys(dev, keys);
    // The stand-in does not know the session of Atmos.
    await atmosOpens(testStart);
    expect(await manager.login(hub)).toMatchObject({ wasOpened: true });
    expect(place.server.requests()).toEqual({ AssumeRole: 2, GetSessionToken: 1 });
  });

  test('stays in the file while it lasts longer than the stored one', async () => {
    const { manager, dev, place, atmosOpens, file } = await openShared();
    await manager.saveKeys(dev, keys);
    await manager.login(dev);
    place.clock.now = new Date(testStart.getTime() + hours);
    const opened = await atmosOpens(place.clock.now);
    const { session } = await manager.login(dev);
    expect(session.source).toBeUndefined();
    expect(file()?.sessionToken).toBe(opened.sessionToken);
  });

  test('is used if the stored one has expired', async () => {
    const { manager, dev, place, atmosOpens, stateOf } = await openShared();
    await manager.saveKeys(dev, keys);
    await manager.login(dev);
    place.clock.now = new Date(testStart.getTime() + 13 * hours);
    expect(await stateOf(dev)).toMatchObject({ kind: 'expired' });
    await atmosOpens(place.clock.now);
    expect(await manager.login(dev)).toMatchObject({ session: { source: 'atmos' } });
    expect(await manager.whoami(dev)).toMatchObject({ source: 'atmos' });
    expect(await stateOf(dev)).toMatchObject({ kind: 'valid', session: { source: 'atmos' } });
  });

  test('is removed when another key is stored', async () => {
    const { manager, dev, atmosOpens, file, stateOf } = await openShared();
    await manager.saveKeys(dev, keys);
    await atmosOpens(testStart);
    expect(await stateOf(dev)).toMatchObject({ kind: 'valid' });
    await manager.saveKeys(dev, keys);
    expect(file()).toBeDefined();
    await manager.saveKeys(dev, { ...keys, accessKeyId: 'AKIAOTHEROTHEROTHER1' });
    expect(file()).toBeUndefined();
    expect(await stateOf(dev)).toEqual({ kind: 'none' });
  });

  type Shared = Awaited<ReturnType<typeof openShared>>;
  test.each([
    ['is older than the configuration', ({ config }: Shared) => setTime(config, testStart)],
    [
      'has the age of the configuration',
      ({ config, credentials }: Shared) => setTime(config, statSync(credentials).mtime),
    ],
    [
      'has less than 15 minutes left',
      ({ place }: Shared) => (place.clock.now = new Date(testStart.getTime() + 705 * minutes + 1)),
    ],
    [
      'has expired',
      ({ place }: Shared) => (place.clock.now = new Date(testStart.getTime() + 12 * hours)),
    ],
    [
      'is of another realm',
      ({ context }: Shared) => Object.assign(context, { realm: { value: 'x', source: '' } }),
    ],
    [
      'cannot be compared, because a configuration file is missing',
      ({ context }: Shared) =>
        Object.assign(context, { sessionFiles: { configFiles: ['/nonexistent'] } }),
    ],
    [
      'cannot be compared, because the configuration is in code',
      ({ context }: Shared) => Object.assign(context, { sessionFiles: { configFiles: [] } }),
    ],
    [
      'has a setting from a variable',
      ({ dev }: Shared) =>
        Object.assign(dev, {
          tagAt: (path: readonly string[]) =>
            path.join('.') === 'spec.endpoint_url' ? '!env URL' : undefined,
        }),
    ],
  ])('is not used if it %s', async (_, change) => {
    const shared = await openShared();
    const { dev, atmosOpens, manager, stateOf } = shared;
    await manager.saveKeys(dev, keys);
    await atmosOpens(new Date(testStart.getTime()));
    setTime(shared.credentials, new Date(testStart.getTime() - minutes));
    expect(await stateOf(dev)).toMatchObject({ kind: 'valid' });
    change(shared);
    expect(await createAuthManager(shared.context).login(dev)).toMatchObject({ wasOpened: true });
  });

  test('is not used if it was opened before the configuration and only its file is newer', async () => {
    const { config, dev, atmosOpens, credentials, stateOf } = await openShared();
    await atmosOpens(new Date(testStart.getTime() - 2 * hours));
    setTime(config, new Date(testStart.getTime() - hours));
    setTime(credentials, testStart);
    expect(await stateOf(dev)).toEqual({ kind: 'none' });
  });

  test('is used if a value comes from an included file', async () => {
    const { dev, atmosOpens, stateOf } = await openShared({
      tagAt: (path) => (path.join('.') === 'spec' ? '!include spec.yaml' : undefined),
    });
    await atmosOpens(testStart);
    expect(await stateOf(dev)).toMatchObject({ kind: 'valid' });
  });
});
