import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { findGitRoot, isBelow } from '../config/git-root.ts';

import type { Host } from '../host/host.ts';
import { realPathIfVisible } from '../host/read-files.ts';
import type { ProjectPlace } from '../keyring/contract.ts';

type Project = Pick<Config, 'directory' | 'projectFiles'>;
type Where = Pick<Host, 'homeDirectory'>;

/** @param config what the settings were made of. Undefined: no file */
export function createProjectPlace(config: Project | undefined, host: Where): ProjectPlace {
  return {
    isBeside: (file) => config !== undefined && isBesideProject(file, config, host),
    checkoutOf(path) {
      const real = realPathIfVisible(path);
      return config && checkoutsOf(config, host).find((root) => isBelow(real, root));
    },
  };
}

/**
 * Whether the file may have come along with the project: it is in the project, or in a directory around
 * it, as an archive unpacks one and a git submodule has one. The user's home, and what is above it, is
 * around everything and counts as none.
 */
function isBesideProject(file: string, config: Project, host: Where): boolean {
  const home = homeOf(host);
  return placesOf(config).some((place) => !isIn(home, nearestShared(place, file)));
}

/** The nearest directory that both are in. Absolute paths. */
function nearestShared(directory: string, path: string): string {
  return isBelow(path, directory) ? directory : nearestShared(dirname(directory), path);
}

/**
 * Directories that the author of the project's files fills: those of the files, and the root of the git
 * repository around each. Not one that has the user's home in it: that is no checkout.
 */
function checkoutsOf(config: Project, host: Where): string[] {
  const home = homeOf(host);
  const roots = placesOf(config).flatMap((place) => [findGitRoot(place) ?? place, place]);
  return [...new Set(roots)].filter((root) => !isIn(home, root));
}

function homeOf({ homeDirectory }: Where): string | undefined {
  return homeDirectory === undefined ? undefined : realPathIfVisible(homeDirectory);
}

/** Without a home directory only the root is around everything. */
function isIn(home: string | undefined, directory: string): boolean {
  return home === undefined ? dirname(directory) === directory : isBelow(home, directory);
}

/** The directories of the project's files. */
function placesOf({ directory, projectFiles }: Project): string[] {
  const places = projectFiles.map(({ path }) => dirname(realPathIfVisible(path)));
  return places.length === 0 ? [] : [realPathIfVisible(directory), ...places];
}
