import { join } from 'node:path';
import { fromHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';

type Where = Pick<Host, 'env' | 'homeDirectory'>;

export interface SharedPaths {
  readonly credentials: string;
  readonly config: string;
}

/** Where the AWS CLI has its shared files. Apart from what reads them, which takes long to load. */
export function sharedPaths(host: Where): SharedPaths {
  return {
    credentials: pathOf('AWS_SHARED_CREDENTIALS_FILE', 'credentials', host),
    config: pathOf('AWS_CONFIG_FILE', 'config', host),
  };
}

function pathOf(variable: string, name: string, { env, homeDirectory }: Where): string {
  const path = env[variable] || join(homeDirectory, '.aws', name);
  return fromHome(path, homeDirectory);
}
