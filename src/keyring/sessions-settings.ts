import { AtmosError } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue, withoutAbsent, type Sourced } from '../core/json.ts';
import { textOf, type Spec, type SpecText, type SpecValue } from '../core/keyring-spec.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import { expectedNames, nearestName } from '../core/names.ts';
import { setting, text } from '../core/validate.ts';
import type { Pinned } from './contract.ts';
import { pinText, unpinText } from './pinned-text.ts';

// Where the sessions and tokens are, if the keyring is shared by several machines or persons. These
// settings belong to no backend.

const places = ['local', 'shared'] as const;
const types = ['system', 'file', 'memory'] as const;

/** Keys of `auth.keyring.spec`. */
export const sessionsSchema = {
  sessions: setting(
    text,
    "Where sessions and tokens are: `local` (a keyring of this machine) or `shared` (the same keyring as the access keys). In a project's file, `shared` requires trust to store.",
    { otherwise: '`local` for `vault` and for a file keyring with readers, else `shared`' },
  ),
  sessions_keyring: setting(
    text,
    'The keyring of this machine for sessions and tokens: `system`, `file` or `memory`.',
    { otherwise: '`system` if it is ready, else `memory` with a warning' },
  ),
};

export interface SessionsSettings {
  readonly place?: SpecValue<(typeof places)[number]>;
  readonly keyring?: SpecValue<(typeof types)[number]>;
}

/** @throws ERR_CONFIG_INVALID for an unknown value, and for a keyring of sessions that are shared */
export function settleSessions(said: Spec): SessionsSettings {
  const place = oneOf(textOf(said, 'sessions'), places);
  const keyring = oneOf(textOf(said, 'sessions_keyring'), types);
  if (place?.value === 'shared' && keyring !== undefined) {
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `sessions are shared (from ${place.source}), so they have no keyring of their own (from ${keyring.source})`,
      { hints: [say(`remove ${keyring.source}, or set sessions to local`)] },
    );
  }
  return withoutAbsent({ place, keyring });
}

function oneOf<T extends string>(
  said: SpecText | undefined,
  known: readonly T[],
): SpecValue<T> | undefined {
  if (said === undefined) return undefined;
  const value = known.find((one) => one === said.value);
  const { path, source, tag } = said;
  if (value !== undefined) return { value, path, source, tag };
  const nearest = nearestName(said.value, known);
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `unknown value ${quoteValue(said)} (from ${said.source}): ${expectedNames(known)}`,
    { hints: nearest === undefined ? [] : didYouMean(nearest) },
  );
}

/** The type of the configured keyring of sessions, valid or not. */
export function sessionsType(said: Spec): string | undefined {
  return textOf(said, 'sessions_keyring')?.value;
}

/** Sessions of the user would be readable by everyone who has the shared keyring. */
export function sessionsNeeds(said: Spec): TrustNeed[] {
  const place = textOf(said, 'sessions');
  if (place?.value !== 'shared' || place.path === undefined) return [];
  return [
    {
      path: place.path,
      what: 'stores sessions and tokens in the shared keyring',
      occasion: 'storing',
    },
  ];
}

/** For a handle: see `Backend.pin`. */
export function pinSessions(said: Spec): Pinned {
  const [sessions, sessionsKeyring] = [textOf(said, 'sessions'), textOf(said, 'sessions_keyring')];
  return withoutAbsent({
    sessions: sessions && pinText(sessions),
    sessionsKeyring: sessionsKeyring && pinText(sessionsKeyring),
  });
}

/** The reverse of {@link pinSessions}. */
export function unpinSessions({ sessions, sessionsKeyring }: Pinned): Spec {
  return withoutAbsent({
    sessions: isPinnedText(sessions) ? unpinText(sessions) : undefined,
    sessions_keyring: isPinnedText(sessionsKeyring) ? unpinText(sessionsKeyring) : undefined,
  });
}

function isPinnedText(pinned: unknown): pinned is Sourced<string> {
  return typeof pinned === 'object' && pinned !== null && 'value' in pinned && 'source' in pinned;
}
