import { showForConsent } from '../../core/json.ts';
import type { Spec, SpecText } from '../../core/keyring-spec.ts';
import type { TrustNeed } from '../../core/kind-config.ts';
import type { ProjectPlace, SettlingHost } from '../contract.ts';
import { settleVault, type LoginSettings } from './settings.ts';

/**
 * What the settings make us do that needs trust: send a token and entries to a server, run the token
 * command, send the content of a file or a variable to the server, trust another certificate, and
 * store entries at a place that the author of a file may be able to read.
 *
 * An address of this machine is no exception, as for an MFA code: any local user can listen there,
 * and a token that they get is valid at the server that has issued it.
 */
export function trustNeeds(spec: Spec, _project: ProjectPlace, host: SettlingHost): TrustNeed[] {
  const { login, said } = settleVault(spec, host);
  const needOf = (key: string, describe: (one: SpecText) => Omit<TrustNeed, 'path'>) => {
    const one = said[key];
    return one?.path === undefined ? [] : [{ path: one.path, ...describe(one) }];
  };
  const sends = (what: string) => (one: SpecText) => ({
    what: `sends the content of the ${what} ${showForConsent(one)} to the vault server to log in`,
  });
  const place = (what: string) => (one: SpecText) => ({
    what: `stores entries in the ${what} ${showForConsent(one)} of the vault server`,
    occasion: 'storing' as const,
  });
  // A login method belongs to who administers it or its namespace, and gets what is sent to it. That of
  // Kubernetes passes a JSON Web Token on, to where its owner says.
  const secret = sentSecret(login);
  const receiver = (what: string) => (one: SpecText) => ({
    what: `logs in with ${secret} at the ${what} ${showForConsent(one)} of the vault server`,
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
    ...needOf('auth.token_command', (command) => ({
      what: `runs the token command ${showForConsent(command)}`,
    })),
    ...needOf('auth.token_file', sends('file')),
    ...needOf('auth.secret_id_file', sends('file')),
    ...needOf('auth.secret_id_env', sends('variable')),
    ...(secret === undefined
      ? []
      : [
          ...needOf('auth.mount', receiver('login method')),
          ...needOf('namespace', receiver('namespace')),
        ]),
    ...needOf('namespace', place('namespace')),
    ...needOf('mount', place('mount')),
    ...needOf('prefix', place('path')),
  ];
}

/** What a login sends, as a person is asked. Undefined for a login without a secret, and without a login. */
function sentSecret({
  method,
  tokenFile,
  secretIdEnv,
  secretIdFile,
}: LoginSettings): string | undefined {
  if (method === 'jwt') return `the JSON Web Token in ${tokenFile && showForConsent(tokenFile)}`;
  if (secretIdEnv !== undefined) {
    return `the secret id in the variable ${showForConsent(secretIdEnv)}`;
  }
  return secretIdFile && `the secret id in ${showForConsent(secretIdFile)}`;
}
