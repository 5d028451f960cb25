import { parse } from 'node:path';
import { showForConsent } from '../../core/json.ts';
import type { Spec, SpecValue } from '../../core/keyring-spec.ts';
import type { TrustNeed } from '../../core/kind-config.ts';
import { formatRemaining } from '../../core/time.ts';
import { isPasswordVariable, saysPassword } from '../../core/variable-class.ts';
import { isIn } from '../../host/home.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import { linkStatOf, realPathOf, statOf } from '../../host/read-files.ts';
import type { ProjectPlace, SettlingHost } from '../contract.ts';
import { secretPath } from './settings-readers.ts';
import { settleFile, settlePassword, type FileSettings } from './settings.ts';

/** Where the container's runtime, Docker, Kubernetes or systemd mount secrets. */
const mountedSecrets = ['/run/secrets', '/run/credentials'];

/**
 * What the settings make us do that needs trust: run the password command; encrypt credentials under a
 * password that the author of a file can know who says where the password is; hold the keyring open.
 *
 * Without trust a file may name a variable that by its name is one for a password, and a file that
 * by its name holds one, is not beside the project, and is private or a mounted secret. A file that
 * does not exist gives no password, so it needs none; nor does one that is not read, because the
 * variable of the password is set.
 */
export function trustNeeds(said: Spec, project: ProjectPlace, host: SettlingHost): TrustNeed[] {
  const settings = settlePassword(said, host);
  const { passwordEnv, passwordFile, passwordCommand, autoUnlockMs } = settings;
  const isFileRead = host.env[passwordEnv.value] === undefined;
  return [
    ...needOf(passwordCommand, (command) => ({
      what: `runs the password command ${showForConsent(command)}`,
    })),
    // Judging a name compiles long patterns, so the default one is not judged.
    ...(passwordEnv.path === undefined || isPasswordVariable(passwordEnv.value)
      ? []
      : storingNeed(passwordEnv, `the value of the variable ${passwordEnv.value}`)),
    ...(!isFileRead ||
    passwordFile === undefined ||
    isOnlyKnownToUser(passwordFile.value, project, host)
      ? []
      : storingNeed(passwordFile, `the content of ${passwordFile.value}`)),
    ...readerNeeds(said, host),
    // Another process of the user can then read the keyring, which asked for its password before.
    ...needOf(autoUnlockMs, ({ value }) => ({
      what: `keeps the keyring unlocked in the background for ${formatRemaining(value)} after its password is typed`,
      occasion: 'unlocking',
    })),
  ];
}

/**
 * Only for a keyring that does not exist yet: the readers of an existing one are in it, whatever a
 * file says.
 */
function readerNeeds(said: Spec, host: SettlingHost): TrustNeed[] {
  if (said['recipients']?.path === undefined) return [];
  const { recipients, directory } = settleFile(said, host);
  if (linkStatOf(secretPath(directory.value)) !== undefined) return [];
  return needOf(recipients, ({ value }) => ({
    what: `creates a keyring that these readers can decrypt: ${value.join(', ')}`,
    occasion: 'storing',
  }));
}

/** A line about a keyring that is inside the project. */
export function storingNotice(
  { directory }: FileSettings,
  project: ProjectPlace,
): string | undefined {
  const checkout = project.checkoutOf(directory.value);
  if (checkout === undefined) return undefined;
  return `the keyring ${directory.value} is inside the project ${checkout}: its entries are encrypted, but may be committed and copied with it`;
}

function storingNeed(said: SpecValue, what: string): TrustNeed[] {
  return needOf(said, () => ({
    what: `stores credentials under a password that its author can know, ${what}`,
    occasion: 'storing',
  }));
}

/** Only for what a file says: the environment and the default are the user's own. */
function needOf<T extends SpecValue>(
  said: T | undefined,
  describe: (said: T) => Omit<TrustNeed, 'path'>,
): TrustNeed[] {
  return said?.path === undefined ? [] : [{ path: said.path, ...describe(said) }];
}

function isOnlyKnownToUser(path: string, project: ProjectPlace, host: SettlingHost): boolean {
  try {
    // Asked by the path itself: a pipe, as /dev/stdin may be, is there and has no real path.
    if (statOf(path) === undefined) return true;
    const real = realPathOf(path);
    const stats = linkStatOf(real);
    if (!stats?.isFile() || !saysPassword(parse(real).name)) return false;
    if (project.isBeside(real)) return false;
    if (mountedSecrets.some((directory) => isIn(real, directory))) return true;
    const permissions = permissionCheckFor(host.userId).permissionsOf(real, stats);
    const { isOurs, others } = permissions ?? {};
    return isOurs === true && others?.read === false && !others.write;
  } catch {
    return false;
  }
}
