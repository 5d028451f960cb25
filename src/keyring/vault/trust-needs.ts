import { showForConsent } from '../../core/json.ts';
import { isLoopback } from '../../core/loopback.ts';
import type { Spec, SpecText } from '../../core/keyring-spec.ts';
import type { TrustNeed } from '../../core/kind-config.ts';
import type { ProjectPlace, SettlingHost } from '../contract.ts';
import { settleVault } from './settings.ts';

/**
 * What the settings make us do that needs trust: send a token and entries to another machine, run the
 * token command, send the content of a file or a variable to the server, trust another certificate, and
 * store entries at a place that the author of a file may be able to read.
 */
export function trustNeeds(spec: Spec, _project: ProjectPlace, host: SettlingHost): TrustNeed[] {
  const { address, said } = settleVault(spec, host);
  const isLocal = address !== undefined && isLoopback(new URL(address.value).hostname);
  const needOf = (key: string, describe: (one: SpecText) => Omit<TrustNeed, 'path'>) => {
    const one = said[key];
    return one?.path === undefined ? [] : [{ path: one.path, ...describe(one) }];
  };
  const login = (what: string) => (one: SpecText) => ({
    what: `sends the content of the ${what} ${showForConsent(one)} to the vault server to log in`,
  });
  const always = [
    ...needOf('auth.token_command', (command) => ({
      what: `runs the token command ${showForConsent(command)}`,
    })),
    ...needOf('auth.token_file', login('file')),
    ...needOf('auth.secret_id_file', login('file')),
    ...needOf('auth.secret_id_env', login('variable')),
  ];
  if (isLocal) return always;
  const place = (what: string) => (one: SpecText) => ({
    what: `stores entries in the ${what} ${showForConsent(one)} of the vault server`,
    occasion: 'storing' as const,
  });
  return [
    ...needOf('address', (one) => ({
      what: `sends a token and the entries of the keyring to ${showForConsent(one)}`,
    })),
    ...needOf('ca_cert', (one) => ({
      what: `trusts the certificates in ${showForConsent(one)} for the vault server`,
    })),
    ...needOf('tls_server_name', (one) => ({
      what: `accepts the certificate of ${showForConsent(one)} for the vault server`,
    })),
    ...always,
    ...needOf('namespace', place('namespace')),
    ...needOf('mount', place('mount')),
    ...needOf('prefix', place('path')),
  ];
}
