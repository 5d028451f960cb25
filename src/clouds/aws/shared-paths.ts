import { dirname, join } from 'node:path';
import { placeholder } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { closedInHome, type Closed } from '../../host/closed-home.ts';
import { noHome, requireFromHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';

type Where = Pick<Host, 'env' | 'homeDirectory' | 'userId'>;

export interface SharedPaths {
  readonly credentials: string;
  readonly config: string;
  /**
   * The directory that makes the files in the home directory inaccessible, so that they count as
   * missing. Undefined if all are accessible.
   */
  readonly closed?: Closed;
}

/**
 * The paths of the AWS shared files. In a module of its own because the modules that read the files
 * take long to load.
 */
export function sharedPaths(host: Where): SharedPaths {
  const credentials = pathOf('AWS_SHARED_CREDENTIALS_FILE', 'credentials', host);
  const config = pathOf('AWS_CONFIG_FILE', 'config', host);
  const closed = [credentials, config]
    .map((path) => closedInHome(dirname(path), host))
    .find((one) => one !== undefined);
  return { credentials, config, ...withoutAbsent({ closed }) };
}

function pathOf(variable: string, name: string, host: Where): string {
  const named = host.env[variable];
  if (named) return requireFromHome({ value: named, source: variable }, host);
  if (host.homeDirectory === undefined) {
    throw noHome('the AWS files', [variable], host, placeholder('a file of your own'));
  }
  return join(host.homeDirectory, '.aws', name);
}
