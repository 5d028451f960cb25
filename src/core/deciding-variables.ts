import {
  credentialVariables,
  isBearerToken,
  isSecretVariable,
  ownSecretVariables,
} from './variables.ts';

/**
 * Variables that planning from a handle does not read: those for programs, which `auth env` or the program
 * that asks for credentials has set, and those with which a keyring is opened afterwards.
 */
const undecidingVariables: readonly string[] = [
  ...credentialVariables,
  ...ownSecretVariables,
  'ATMOS_AUTH_ENV_SET',
  'ATMOS_IDENTITY',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EXECUTION_ENV',
  'AWS_SDK_LOAD_CONFIG',
  'XDG_RUNTIME_DIR',
];

/**
 * The variables that may decide what planning from a handle gives, sorted by name: all of Atmos, of AWS
 * and of the XDG directories that are set, but those that it does not read. A secret is shown as `set`,
 * and a password in a URL as `…`.
 */
export function decidingVariables(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = Object.keys(env).filter(
    (name) =>
      /^(ATMOS|AWS|XDG)_/.test(name) && !undecidingVariables.includes(name) && !isBearerToken(name),
  );
  const shown = (name: string) =>
    isSecretVariable(name) ? 'set' : (env[name] ?? '').replaceAll(/\/\/[^/@\s]*@/g, '//…@');
  return Object.fromEntries(names.toSorted().map((name) => [name, shown(name)]));
}
