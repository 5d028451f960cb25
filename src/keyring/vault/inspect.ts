import { formatTimestamp, formatMoment } from '../../core/time.ts';
import { KeyringError } from '../../core/errors.ts';
import { showValue, withoutAbsent } from '../../core/json.ts';
import type { Inspector, ServerDetails } from '../contract.ts';
import { examineSecretFile } from '../examine-secret-file.ts';
import { ok, warning, type Finding } from '../inspection.ts';
import { baoCommand } from './bao-command.ts';
import { openServer, requireHealth } from './server.ts';
import type { VaultContext, VaultSettings } from './settings.ts';

/** A token that is not renewed and ends earlier is worth a warning. */
const shortMs = 60 * 60 * 1000;

export const vaultInspector: Inspector<VaultSettings> = {
  // Only probing shows whether the server has the engine.
  describe: () => ({ isMade: true }),
  async examine(context) {
    const { settings, host } = context;
    if (settings.address === undefined) return [];
    const { method, secretIdFile, tokenFile } = settings.login;
    const secretFiles = [
      ...examineSecretFile('secret id', secretIdFile, host),
      // The file of a JSON Web Token belongs to what issues it.
      ...(method === 'token' ? examineSecretFile('token', tokenFile, host) : []),
    ];
    try {
      return [...secretFiles, ...examineServer(await askServer(context), context)];
    } catch (error) {
      // The test of the keyring reports it.
      if (error instanceof KeyringError) return secretFiles;
      throw error;
    }
  },
  askServer,
};

async function askServer(context: VaultContext): Promise<ServerDetails> {
  const { settings, host } = context;
  const server = openServer(context);
  try {
    const { version } = await requireHealth(server);
    const { policies, ttl } = (await server.lookUpToken()) ?? {};
    const isEnding = typeof ttl === 'number' && ttl > 0;
    return withoutAbsent({
      address: settings.address === undefined ? '' : showValue(settings.address),
      version,
      namespace: settings.namespace && showValue(settings.namespace),
      policies: Array.isArray(policies)
        ? policies.filter((one) => typeof one === 'string')
        : undefined,
      tokenExpiresAt: isEnding ? new Date(host.now().getTime() + ttl * 1000) : undefined,
    });
  } finally {
    server.close();
  }
}

function examineServer(details: ServerDetails, { host, settings }: VaultContext): Finding[] {
  const { address, version, namespace, policies, tokenExpiresAt } = details;
  const place = namespace === undefined ? '' : `, namespace ${namespace}`;
  const server = ok('server', `${address} has version ${version}${place}`);
  if (policies === undefined) return [server, ok('token', 'the token may not look itself up')];
  const token = `the token has the policies ${policies.join(', ')}`;
  if (tokenExpiresAt === undefined) return [server, ok('token', `${token} and does not expire`)];
  const message = `${token} and expires at ${formatTimestamp(tokenExpiresAt)}`;
  const shown = `${token} and expires at ${formatMoment(tokenExpiresAt, host)}`;
  const isShort = tokenExpiresAt.getTime() - host.now().getTime() < shortMs;
  const finding =
    isShort && settings.login.method === 'token'
      ? warning('token', message, baoCommand(settings, ['token', 'renew'], 'to extend it'))
      : ok('token', message);
  return [server, { ...finding, shown }];
}
