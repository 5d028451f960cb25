import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { requirePath } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import type { GlobalOptions } from './global-options.ts';

/**
 * Changes to the directory of `-C`, or of `ATMOS_CHDIR`.
 *
 * @throws ERR_USAGE when that is not possible
 */
export function enterDirectory(host: Host, { chdir }: Pick<GlobalOptions, 'chdir'>): void {
  const variable = host.env['ATMOS_CHDIR'];
  if (chdir !== undefined) enter(host, chdir, '--chdir');
  else if (variable) enter(host, variable, 'ATMOS_CHDIR');
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a directory',
};

function enter(host: Host, directory: string, source: string): void {
  try {
    host.changeDirectory(requirePath({ value: directory, source }));
  } catch (error) {
    if (isAtmosError(error)) throw error;
    const named = `the directory ${JSON.stringify(directory)} (from ${source})`;
    const code = systemErrorCode(error) ?? 'ENOTDIR';
    const reason = reasons[code];
    throw new AtmosError(
      'ERR_USAGE',
      reason === undefined ? `cannot change to ${named}: ${code}` : `${named} ${reason}`,
    );
  }
}
