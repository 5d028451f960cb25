import { placeholder, run, type Hint } from '../../core/hint.ts';
import type { SpecText } from '../../core/keyring-spec.ts';
import type { VaultSettings } from './settings.ts';

/**
 * A command of the server's own client, for the configured server: without that the client would use
 * another one.
 *
 * @param subcommand `['kv', 'enable-versioning']`
 * @param rest its other words, which follow the options
 */
export function baoCommand(
  { address, namespace, caCert }: Pick<VaultSettings, 'address' | 'namespace' | 'caCert'>,
  subcommand: readonly string[],
  comment: string,
  rest: readonly string[] = [],
): Hint {
  const option = (name: string, said: SpecText | undefined) => {
    if (said === undefined) return [];
    return said.tag === undefined ? [`-${name}=${said.value}`] : [`-${name}`, placeholder(name)];
  };
  const server = [
    ...option('address', address),
    ...option('namespace', namespace),
    ...option('ca-cert', caCert),
  ];
  return run(['bao', ...subcommand, ...server, ...rest], comment);
}
