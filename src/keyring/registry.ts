import { AtmosError, KeyringError } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue, withoutAbsent, type Sourced } from '../core/json.ts';
import type { Spec, SpecSchema } from '../core/keyring-spec.ts';
import { expectedNames, nearestName } from '../core/names.ts';
import { describedKeys, mapOf } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import type {
  Backend,
  BackendContext,
  Keyring,
  KeyringContext,
  KeyringDetails,
  KeyringReader,
  KeyringSettings,
  PasswordSources,
  PinnedKeyring,
  ReadersControl,
  RekeyOptions,
  RekeyResult,
  ServerDetails,
  SettlingHost,
} from './contract.ts';
import { fileBackend } from './file.ts';
import type { Finding } from './inspection.ts';
import {
  pinSessions,
  sessionsSchema,
  sessionsType,
  settleSessions,
  unpinSessions,
} from './sessions-settings.ts';
import { vaultBackend } from './vault.ts';

// The only place that names the backends. What each needs beyond its settings is imported when it is used.
const backends: readonly Backend[] = [
  {
    type: 'system',
    settle: () => undefined,
    open: async (context) => (await import('./system/backend.ts')).openSystemKeyring(context),
    loadInspector: async () => (await import('./system/inspect.ts')).systemInspector,
  },
  fileBackend,
  {
    type: 'memory',
    settle: () => undefined,
    open: async () => (await import('./memory.ts')).openMemoryKeyring(),
  },
  vaultBackend,
];

/** The types that can be configured, as a person would list them. */
export const keyringTypes: readonly string[] = backends.map(({ type }) => type);

/** The keys of `auth.keyring.spec`: of all backends, and of sessions. */
export const specSchema: SpecSchema = mapOf(
  Object.assign({}, ...backends.map(({ schema }) => schema), sessionsSchema),
);

const described = backends.map((backend) => ({
  backend,
  keys: describedKeys(mapOf(backend.schema ?? {})),
}));

/** @throws ERR_KEYRING_UNKNOWN_TYPE naming where the type was configured, and the nearest known one */
export function checkKeyringType(chosen: Sourced<string>): void {
  backendOf(chosen);
}

function backendOf(chosen: Sourced<string>): Backend {
  const found = backends.find(({ type }) => type === chosen.value);
  if (found !== undefined) return found;
  const nearest = nearestName(chosen.value, keyringTypes);
  throw new KeyringError(
    'ERR_KEYRING_UNKNOWN_TYPE',
    `unknown keyring type ${quoteValue(chosen)} (from ${chosen.source}): ${expectedNames(keyringTypes)}`,
    {
      hints:
        nearest === undefined
          ? [say(`set auth.keyring.type to ${listTypes()}`)]
          : didYouMean(nearest),
    },
  );
}

function listTypes(): string {
  return `${keyringTypes.slice(0, -1).join(', ')} or ${keyringTypes.at(-1)}`;
}

type ChosenTypes = Pick<KeyringSettings, 'type' | 'fallback' | 'spec'>;

/** The types that may be used: the chosen one, its fallback, and the one for sessions. */
export function usableTypes({ type, fallback, spec }: ChosenTypes): readonly string[] {
  return [type.value, ...(fallback?.value ?? []), ...[sessionsType(spec) ?? []].flat()];
}

/** The backends of the types that may be used. Unknown types are left out: opening them is an error. */
export function usableBackends(chosen: ChosenTypes): readonly Backend[] {
  const known = usableTypes(chosen).flatMap((type) => backends.filter((one) => one.type === type));
  return [...new Set(known)];
}

/** Every backend that can be configured. */
export function allBackends(): readonly Backend[] {
  return backends;
}

/**
 * Checks settings without those beside them. @throws as the backend's `settle`; ERR_CONFIG_INVALID for
 * one of sessions
 */
export function checkSpec(said: Spec, host: SettlingHost): void {
  settleSessions(said);
  const owners = new Set(Object.keys(said).map((key) => backendOfKey(key)));
  for (const backend of owners) backend?.settle(said, host);
}

/**
 * Checks everything that is said of the keyring that may be used, as each command does.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE; as the `settle` of the backends that may be used;
 *   ERR_CONFIG_INVALID for settings of sessions
 */
export function checkKeyring(keyring: KeyringSettings, host: SettlingHost): void {
  const { settle, isShared } = backendOf(keyring.type);
  for (const backend of usableBackends(keyring)) backend.settle(keyring.spec, host);
  const { keyring: ofSessions } = settleSessions(keyring.spec);
  if (ofSessions?.value !== keyring.type.value) return;
  if (isShared?.(settle(keyring.spec, host))) throw sharedWithSessions(ofSessions);
}

/** Of a shared keyring that is also the configured keyring of its sessions. */
export function sharedWithSessions({ value, source }: Sourced<string>): AtmosError {
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `the ${value} keyring is shared, so it cannot also be the keyring of its sessions (from ${source})`,
    { hints: [say('set auth.keyring.spec.sessions_keyring to system or memory')] },
  );
}

/** The backend that a key of `auth.keyring.spec` belongs to; undefined for a key of sessions. */
export function backendOfKey(key: string): Backend | undefined {
  return described.find(({ keys }) => Object.hasOwn(keys, key))?.backend;
}

/** A backend, and what its functions need. */
export interface SettledBackend {
  readonly backend: Backend;
  readonly context: BackendContext;
}

/**
 * The backend of a type with its settings, whether or not it is the chosen one.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE, and as the backend's `settle`
 */
export function settleBackend(
  { keyring, ...caller }: KeyringContext,
  type: Sourced<string> = keyring.type,
): SettledBackend {
  const backend = backendOf(type);
  return {
    backend,
    context: { ...caller, type, settings: backend.settle(keyring.spec, caller.host) },
  };
}

/**
 * The backend that has a capability: of those that may be used, else of all.
 *
 * @throws as {@link settleBackend}
 */
export function settleCapable(
  context: KeyringContext,
  capability: 'autoUnlockMs' | 'rekey' | 'loadReaders' | 'revealPassword',
): SettledBackend {
  const { type } = context.keyring;
  const capable = [...usableBackends(context.keyring), ...backends].find((one) => one[capability]);
  return settleBackend(context, { ...type, value: capable?.type ?? type.value });
}

/** Where the entries of a backend are, for a message. */
export function locationOf({ backend, context }: SettledBackend): string {
  return backend.location?.(context.settings).value ?? `the ${backend.type} keyring`;
}

/**
 * Gives a keyring another password: see {@link Backend.rekey}.
 *
 * @param settled a backend that can, from {@link settleCapable}
 */
export async function rekey(
  { backend, context }: SettledBackend,
  options: RekeyOptions,
): Promise<RekeyResult> {
  if (backend.rekey === undefined)
    throw new TypeError(`the ${backend.type} keyring has no password`);
  return backend.rekey(context, options);
}

/** Who can read a keyring: of a backend that has readers, from {@link settleCapable}. */
export async function readersOf({ backend }: SettledBackend): Promise<ReadersControl> {
  const control = await backend.loadReaders?.();
  if (control === undefined) throw new TypeError(`the ${backend.type} keyring has no readers`);
  return control;
}

/** As {@link Backend.revealPassword}, of a backend from {@link settleCapable}. */
export async function revealPassword({ backend, context }: SettledBackend): Promise<string> {
  if (backend.revealPassword === undefined)
    throw new TypeError(`the ${backend.type} keyring has no password`);
  return backend.revealPassword(context);
}

/** Where the password comes from, of the first backend that may be used and has one. */
export function passwordSourcesOf(
  keyring: KeyringSettings,
  host: SettlingHost,
): PasswordSources | undefined {
  const found = usableBackends(keyring).find(({ passwordSources }) => passwordSources);
  return found?.passwordSources?.(found.settle(keyring.spec, host), host);
}

/** An {@link Inspector} of one keyring. */
export interface BoundInspector {
  describe(): KeyringDetails;
  examine(): Promise<Finding[]>;
  /** Resolves to undefined for a keyring that is not on a server. */
  askServer(): Promise<ServerDetails | undefined>;
}

/** Looks at a keyring from outside: see {@link Inspector}. Undefined where nothing can be seen. */
export async function inspectorOf(
  context: KeyringContext,
  type: string,
): Promise<BoundInspector | undefined> {
  const settled = settleBackend(context, { ...context.keyring.type, value: type });
  const inspector = await settled.backend.loadInspector?.();
  if (inspector === undefined) return undefined;
  return {
    describe: () => inspector.describe(settled.context),
    examine: () => inspector.examine(settled.context),
    askServer: async () => inspector.askServer?.(settled.context),
  };
}

/**
 * Opens the chosen type; {@link openWithFallback} follows its fallback too.
 *
 * @throws as {@link settleBackend}
 */
export async function openBackend(context: KeyringContext): Promise<Keyring> {
  const settled = settleBackend(context);
  return settled.backend.open(settled.context);
}

/**
 * The keyring as a handle pins it: only the settings of the backends that may be used.
 *
 * @throws as the backend's `pin`
 */
export function pinKeyring(keyring: KeyringSettings, host: SettlingHost): PinnedKeyring {
  const { type, fallback, spec } = keyring;
  const pinned = usableBackends(keyring).map(({ settle, pin }) => pin?.(settle(spec, host)));
  return {
    ...withoutAbsent({ type, fallback }),
    ...Object.assign(pinSessions(spec), ...pinned),
  };
}

/**
 * The reverse of {@link pinKeyring}.
 *
 * @param said what the files say now: only their commands count, since it is those that are trusted or not
 */
export function unpinKeyring(
  { type, fallback, ...pinned }: PinnedKeyring,
  said: Spec,
): KeyringSettings {
  const chosen = withoutAbsent({ type, fallback });
  const sessions = unpinSessions(pinned);
  const own = usableBackends({ ...chosen, spec: sessions }).map(({ unpin }) => unpin?.(pinned));
  const commands = Object.entries(said).filter(([key]) => isCommand(key));
  return { ...chosen, spec: Object.assign(sessions, ...own, Object.fromEntries(commands)) };
}

function isCommand(key: string): boolean {
  return described.some(({ keys }) => keys[key]?.isCommand);
}

/** The names of variables that hold a secret of a backend, whatever type is chosen: no program gets them. */
export function secretVariablesOf({ spec }: Pick<KeyringSettings, 'spec'>): string[] {
  const naming = described.flatMap(({ keys }) =>
    Object.entries(keys).filter(([, { namesSecret }]) => namesSecret === 'variable'),
  );
  const named = naming.map(([key, { default: byDefault }]) => spec[key]?.value ?? byDefault);
  return named.filter((name) => typeof name === 'string');
}

/** As openSystemCollection: what another program has in the system's keyring. */
export async function openCollection(
  context: KeyringContext,
  name: string,
): Promise<KeyringReader | undefined> {
  const { openSystemCollection } = await import('./system/backend.ts');
  return openSystemCollection(settleBackend(context).context, name);
}

/** Is the background process that keeps a keyring unlocked, until it has a reason to stop. */
export async function runAgent(host: Host): Promise<void> {
  const { receiveOrder } = await import('./agent/daemon.ts');
  const { order, secret } = await receiveOrder();
  await backends.find(({ type }) => type === order.type)?.runAgent?.(host, order, secret);
}
