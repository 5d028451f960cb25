import { endpointVariables } from './variables.ts';

const directories = ['CACHE', 'CONFIG', 'DATA', 'STATE'].flatMap((kind) => [
  `ATMOS_XDG_${kind}_HOME`,
  `XDG_${kind}_HOME`,
]);

/**
 * The variables that may decide what planning from a handle gives. Those with which a keyring is opened
 * afterwards are not among them.
 */
const decidingNames: readonly string[] = [
  'ATMOS_AUTH_REALM',
  'ATMOS_AUTH_TRUST',
  'ATMOS_CHDIR',
  'ATMOS_LOGS_FILE',
  'ATMOS_LOGS_LEVEL',
  ...directories,
  ...endpointVariables,
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_USE_FIPS_ENDPOINT',
];

/**
 * Those of the variables that are set and may decide what planning from a handle gives. None holds a secret
 * if {@link maySaySecret} is false.
 */
export function decidingVariables(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const set = decidingNames.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(set);
}

const plainUrl = /^https?:\/\/[\w.:[\]-]+(?:\/[\w./-]*)?$/i;

/** Whether the URL of an endpoint has more than host, port and path: it may have a password or a token. */
export function maySaySecret(env: Readonly<Record<string, string | undefined>>): boolean {
  return endpointVariables.some((name) => env[name] && !plainUrl.test(env[name]));
}
