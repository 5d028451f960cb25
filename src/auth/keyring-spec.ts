import type { Config } from '../config/config.ts';
import { ConfigError, type LocatedProblem } from '../config/problems.ts';
import { remoteImportHints, remoteImportNote } from '../config/remote-imports.ts';
import type { Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { backendOfKey, usableTypes } from '../keyring/registry.ts';
import { environmentChoices, resolveKeyringSettings } from '../keyring/settings.ts';

type Said = Pick<Config, 'keyring' | 'environment' | 'misplacedSpec' | 'remoteImports'>;

/**
 * Problems of a configuration that has settings of one backend and uses another: `validate` reports
 * them, and a command fails. Credentials would go to a keyring that was not meant.
 */
export function unusedSpecProblems(config: Said, host: Pick<Host, 'env'>): LocatedProblem[] {
  const choice = choiceOf(config, host);
  const { type } = choice;
  // The environment is another layer: in CI it chooses a type over what the project says.
  if (type.source === 'ATMOS_KEYRING_TYPE') return [];
  const unused = unusedKeys(config, choice);
  const problems = config.misplacedSpec({ type: type.value, path: pathOf(type), unused });
  if (type.source !== 'default') return problems;
  const note = remoteImportNote(config);
  return problems.map((problem) => ({
    ...problem,
    message: `${problem.message}${note}`,
    text: `${problem.text}${note}`,
    hints: [...problem.hints, ...remoteImportHints(config)],
  }));
}

/**
 * Refuses what {@link unusedSpecProblems} finds. What another layer overrides is only logged.
 *
 * @throws ERR_CONFIG_INVALID, a {@link ConfigError} with each place
 */
export function requireUsedSpec(config: Said, host: Pick<Host, 'env' | 'log'>): void {
  const choice = choiceOf(config, host);
  const unused = Object.keys(unusedKeys(config, choice));
  if (unused.length === 0) return;
  const problems = unusedSpecProblems(config, host);
  if (problems.length > 0) throw new ConfigError(problems);
  for (const key of unused) {
    const said = config.keyring.spec[key];
    if (said === undefined) continue;
    const { path: _, ...source } = said;
    host.log('keyring.unused', { type: choice.type.value, source });
  }
}

/** The keys that a configuration says and no backend that may be used has, each with its type. */
function unusedKeys({ keyring }: Said, choice: KeyringSettings): Readonly<Record<string, string>> {
  const used = usableTypes(choice);
  const owned = Object.keys(keyring.spec).flatMap((key) => {
    const type = backendOfKey(key)?.type;
    return type === undefined || used.includes(type) ? [] : [[key, type] as const];
  });
  return Object.fromEntries(owned);
}

function choiceOf(
  { keyring, environment }: Pick<Said, 'keyring' | 'environment'>,
  host: Pick<Host, 'env'>,
): KeyringSettings {
  return resolveKeyringSettings([environmentChoices(host, environment), keyring]);
}

/** Which setting of a file says the type, which its source begins with. */
function pathOf({ source }: Sourced<string>): readonly string[] | undefined {
  if (source.startsWith('env.')) return ['env', 'ATMOS_KEYRING_TYPE'];
  return source.startsWith('auth.') ? ['auth', 'keyring', 'type'] : undefined;
}
