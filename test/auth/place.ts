import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { createAuthManager, type AuthManager } from '../../src/app/open.ts';
import type { Configured } from '../../src/auth/chain.ts';
import type { AuthContext } from '../../src/auth/context.ts';
import type { MfaRequest } from '../../src/clouds/contract.ts';
import { awsCredentials } from '../../src/core/credentials.ts';
import type { Identity } from '../../src/core/kind-config.ts';
import type { Host } from '../../src/host/host.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { createCredentialStore } from '../../src/store/credential-store.ts';
import { fakeHost } from '../support/fake-host.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { startSts } from '../support/sts-server.mjs';
import type { StsOptions, StsServer } from '../support/sts-types.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export const device = 'arn:aws:iam::012345678901:mfa/ada';
export const codes = ['271828', '314159', '161803'] as const;

/** The user that the stand-in knows. */
export const user = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  account: '012345678901',
  userName: 'ada',
  mfa: { arn: device, codes: [...codes] },
};

export const keys = awsCredentials({
  accessKeyId: user.accessKeyId,
  secretAccessKey: user.secretAccessKey,
});

/** The entry `atmos_r_dev` and similar ones belong to this identity in this realm. */
const realm = 'r';
export const name = 'dev';

/** The start of every test's time. */
export const testStart = new Date('2026-01-01T00:00:00Z');

export const minutes = 60_000;
export const hours = 60 * minutes;

/** An identity of kind aws/user, written in /p/atmos.yaml. */
export function awsUserIdentity(fields: Partial<Identity> = {}): Identity {
  return {
    name,
    kind: 'aws/user',
    isDefault: true,
    principal: {},
    spec: {},
    credentials: {},
    session: {},
    env: [],
    locate: (path = []) => ['/p/atmos.yaml', ...path].join(':'),
    ...fields,
  };
}

export interface PlaceOptions {
  /** Default: `memory`. Or a keyring of the test. */
  keyring?: 'memory' | 'file' | Keyring;
  sts?: Partial<StsOptions>;
  mfaCode?: (request: MfaRequest) => Promise<string | undefined>;
  /** What the configuration has besides the identity of a call, once the endpoint is known. */
  configured?: (spec: Place['spec']) => Configured;
  /** The directory of the file keyring. Default: a directory below the root. */
  directory?: string;
  /** The place of another process, to share its files, keyring and server. */
  beside?: Place;
  host?: Partial<Host>;
}

/**
 * A machine with a keyring, and AWS STS in reach: everything is real except the clock, which is
 * fixed.
 */
export interface Place {
  readonly context: AuthContext;
  readonly manager: AuthManager;
  readonly keyring: Keyring;
  readonly host: Host;
  readonly server: StsServer;
  /** For `identity.spec`. */
  readonly spec: { readonly endpoint_url: string };
  readonly root: string;
  readonly warnings: string[];
  readonly clock: { now: Date };
}

/** Opens a place; it is removed when the test ends. */
export async function openPlace(options: PlaceOptions = {}): Promise<Place> {
  const { beside, mfaCode } = options;
  const root = beside?.root ?? temporaryDirectory();
  const clock = beside?.clock ?? { now: testStart };
  const host = fakeHost({
    env: { XDG_STATE_HOME: join(root, 'state') },
    now: () => clock.now,
    monotonicMs: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    ...options.host,
  });
  const server = beside?.server ?? (await openServer(clock, options.sts));
  const directory = options.directory ?? join(root, 'keyring');
  const keyring = beside?.keyring ?? openKeyring(options.keyring ?? 'memory', directory, host);
  const warnings: string[] = [];
  const spec = { endpoint_url: server.url };
  const context: AuthContext = {
    host,
    commandEnv: host.env,
    keyring,
    store: createCredentialStore({ keyring, realm, otherOwners: [], host }),
    realm: { value: realm, source: 'auth.realm' },
    requireTrust: () => {},
    requireStorable: () => {},
    warn: (message) => void warnings.push(message),
    ask: mfaCode ? { mfaCode } : {},
    ...(options.configured && { configured: options.configured(spec) }),
  };
  return {
    context,
    manager: createAuthManager(context),
    keyring,
    host,
    server,
    spec,
    root,
    warnings,
    clock,
  };
}

async function openServer(clock: { now: Date }, options: Partial<StsOptions> = {}) {
  const server = await startSts({ keys: [user], now: () => clock.now, ...options });
  onTestFinished(() => server.close());
  return server;
}

function openKeyring(kind: 'memory' | 'file' | Keyring, directory: string, host: Host): Keyring {
  if (typeof kind === 'object') return kind;
  if (kind === 'memory') return openMemoryKeyring();
  const { now } = host;
  const keyring = openTestKeyring({ directory, host: { now } });
  onTestFinished(() => keyring.close());
  return keyring;
}

/** Where the place's user would be configured: an identity whose endpoint is the stand-in. */
export function identityAt(place: Pick<Place, 'spec'>, fields: Partial<Identity> = {}): Identity {
  return awsUserIdentity({ spec: place.spec, ...fields });
}

/** Returns the codes one after another, then undefined; records the requests. */
export function codesOf(...given: string[]) {
  const asked: MfaRequest[] = [];
  const rest = [...given];
  const mfaCode = async (request: MfaRequest) => {
    asked.push(request);
    return rest.shift();
  };
  return { asked, mfaCode };
}
