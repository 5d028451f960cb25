// The values of tags while the configuration is loaded. For files without tags, no further module is loaded.

import type { SpecSchema } from '../core/keyring-spec.ts';
import type { Host } from '../host/host.ts';
import type { ConfigFile } from './config-file.ts';
import { locateProblem, type Problem } from './problems.ts';
import type { Gathered } from './read-settings.ts';

/** What loading works with. */
export interface Loading {
  readonly gathered: Gathered;
  /** The schema of `auth.keyring.spec`. */
  readonly spec: SpecSchema;
  readonly host: Host;
}

/**
 * The files with what their commands print, or without it where nothing is run. Commands do not get
 * variables with secrets, and their output must not contain one.
 */
export async function withOutputs(
  files: readonly ConfigFile[],
  isStatic: boolean,
  loading: Loading,
): Promise<readonly ConfigFile[]> {
  const { gathered, spec, host } = loading;
  if (files.every(({ commands }) => commands.length === 0)) return files;
  const { runCommands, withoutCommands } = await import('./commands.ts');
  if (isStatic) return files.map(withoutCommands);
  const { secretVariables } = await import('./own-secrets.ts');
  const withheld = secretVariables(files, spec, host);
  const report = (problem: Problem) => gathered.report(locateProblem(problem, files));
  const done: ConfigFile[] = [];
  for (const file of files) done.push(await runCommands(file, withheld, host, report));
  return withoutSecrets(done, true, loading);
}

/** Removes values that no tag may set. For files without tags, no further module is loaded. */
export async function withoutSecrets(
  files: readonly ConfigFile[],
  isOfCommand: boolean,
  { gathered, spec, host }: Loading,
): Promise<readonly ConfigFile[]> {
  if (files.every(({ tagged }) => tagged.length === 0)) return files;
  const { withoutOwnSecrets } = await import('./own-secrets.ts');
  return withoutOwnSecrets(files, isOfCommand, spec, host, (problem) =>
    gathered.report(locateProblem(problem, files)),
  );
}
