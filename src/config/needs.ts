import type { TrustNeed } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import { sourceOf, type ConfigFile } from './config-file.ts';
import { locateProblem, type LocatedProblem } from './problems.ts';
import { requireTrust } from './trust.ts';

/** All files that came with the project, those that `!include` read too. */
export function projectFilesOf(files: readonly ConfigFile[]): { path: string; text: string }[] {
  return files.filter(({ origin }) => origin === 'project').flatMap(withIncluded);
}

/**
 * Sees to it that what loading the files runs is trusted.
 *
 * @throws ERR_CONFIG_UNTRUSTED
 */
export function requireTrustOfFiles(
  files: readonly ConfigFile[],
  directory: string,
  host: Host,
): void {
  const projectFiles = projectFilesOf(files);
  const profiles = [...new Set(files.flatMap(({ profile }) => profile ?? []))];
  for (const file of files) {
    // Whoever overrides such a value: it is this file that would have it run.
    const said = {
      originOf: () => file.origin,
      sourceOf: (path: readonly string[]) => sourceOf([file], path),
    };
    for (const need of needsOf(file)) {
      requireTrust({ ...said, projectFiles, profiles, directory }, need, host);
    }
  }
}

/** What loading a file runs. */
export function needsOf(file: ConfigFile): TrustNeed[] {
  if (file.origin !== 'project') return [];
  return file.commands.map(({ path, command }) => {
    return { path, what: `runs ${command}`, givesValue: true, source: sourceOf([file], path) };
  });
}

function withIncluded({ path, text, included }: ConfigFile) {
  return [{ path, text }, ...included.map((one) => ({ path: one.path, text: one.text }))];
}

/** For those who run nothing: what is missing for it. */
export function commandNotices(file: ConfigFile): LocatedProblem[] {
  const message = 'is the output of a command, which is not run here';
  return file.commands.map(({ path }) => locateProblem({ path, message }, [file]));
}
