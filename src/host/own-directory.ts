import { statSync } from 'node:fs';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { say, setVariable } from '../core/hint.ts';
import { isRefusal } from './denial.ts';
import { makePrivateDirectories } from './files.ts';
import { directoryOfYourOwn, isIn, type Who } from './home.ts';

/**
 * Creates a directory and its parents as {@link makePrivateDirectories} does, but nothing in the
 * home directory of another user: a directory that root creates there (`sudo -E`) would be
 * inaccessible to that user. In a home directory that belongs to root, the system's permissions
 * decide.
 *
 * @throws ERR_USAGE with the owner of the home directory; the system's errors
 */
export function makeOwnDirectories(directory: string, host: Who): void {
  refuseForeignHome(directory, host);
  try {
    makePrivateDirectories(directory);
  } catch (error) {
    const owner = isRefusal(error) ? foreignOwner(directory, host) : undefined;
    throw owner === undefined ? error : foreignHome(owner, host);
  }
}

/**
 * Call this before creating anything at a path that may be in a home directory.
 *
 * @throws ERR_USAGE if the path is in the home directory of another user
 */
export function refuseForeignHome(path: string, host: Who): void {
  const owner = foreignOwner(path, host);
  if (owner !== undefined && owner !== 0) throw foreignHome(owner, host);
}

/**
 * The other user who owns the home directory that contains the path. Undefined if there is no other
 * owner.
 */
function foreignOwner(path: string, { homeDirectory, userId }: Who): number | undefined {
  if (homeDirectory === undefined || userId === undefined || !isIn(path, homeDirectory)) {
    return undefined;
  }
  try {
    const owner = statSync(homeDirectory, { throwIfNoEntry: false })?.uid;
    return owner === userId ? undefined : owner;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function foreignHome(owner: number, { env, homeDirectory, userId }: Who): AtmosError {
  const isBySudo = userId === 0 && env['SUDO_UID'] !== undefined;
  return new AtmosError(
    'ERR_USAGE',
    `the home directory ${homeDirectory} belongs to user ${owner}, not to you (user ${userId}), so nothing is created in it`,
    {
      hints: [
        ...(isBySudo ? [say("use sudo -H, which sets HOME to root's own home directory")] : []),
        setVariable('HOME', directoryOfYourOwn),
        setVariable('XDG_STATE_HOME', directoryOfYourOwn),
      ],
    },
  );
}
