import type { Sourced } from '../core/json.ts';
import type { Identity, TrustNeed } from '../core/kind-config.ts';
import type { Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeychainStore } from './keychain-stores.ts';
import type { IntegrationEntry, KeyringEntry, LogsEntry, ProviderEntry } from './entries.ts';
import type { OtherType } from './keyring-spec.ts';
import type { Layer, Origin } from './layer.ts';
import type { LocatedProblem, Problem } from './problems.ts';
import type { ProfileDirectory } from './profiles.ts';
import type { WithRemoteImports } from './remote-imports.ts';

/** What the configuration files and the chosen profiles say of authentication, merged and checked. */
export interface Config extends WithRemoteImports {
  /** Absolute, in the order merged: base first, then those of the profiles. */
  readonly files: readonly string[];
  /** The same files with who put them there: `loadLayers` loads them again. */
  readonly layers: readonly Layer[];
  /** The directory of the last configuration file, which gives the realm its name. Empty: none. */
  readonly directory: string;
  /** Those chosen, in the order merged. */
  readonly profiles: readonly string[];
  /** Whether a flag or a variable of the environment chose them, so that the files alone do not. */
  readonly areProfilesGiven: boolean;
  /** Where profiles are looked for. */
  readonly profileDirectories: readonly ProfileDirectory[];
  readonly realm?: Sourced<string>;
  readonly keyring: KeyringEntry;
  readonly logs: LogsEntry;
  /** Sorted by name. One without a kind has an empty one. */
  readonly identities: readonly Identity[];
  /** Sorted by name. */
  readonly providers: readonly ProviderEntry[];
  /** Sorted by name. None is run. */
  readonly integrations: readonly IntegrationEntry[];
  /** Whether sessions are written to files too, as Atmos does. */
  readonly sessionFiles: Sourced<boolean>;
  /** The top-level `env:`, for programs that are started, sorted by name. */
  readonly env: readonly Variable[];
  /** `ATMOS_` settings that it gives, by their names, below those of the real environment. */
  readonly environment: Readonly<Record<string, Sourced<string>>>;
  /** Lines for a person: keys that nobody reads, and the like. */
  readonly warnings: readonly string[];
  /** Those of them that are about one place. */
  readonly notices: readonly LocatedProblem[];
  /** Paths of the outputs of commands that were not run: their values are left out. */
  readonly leftOut: readonly (readonly string[])[];
  /** All files that came with the project, those that `!include` read too. */
  readonly projectFiles: readonly { readonly path: string; readonly text: string }[];
  /** What was met in the project's files while loading them, and needs trust. */
  readonly needs: readonly TrustNeed[];
  /** Atmos's keychain stores with the backend `file`, read when asked for. */
  keychainStores(
    host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
  ): Promise<readonly KeychainStore[]>;
  /** Who says what counts at the path. */
  originOf(path: readonly string[]): Origin;
  /** Keys of identities that are for Atmos alone, each name of a key once. */
  notesForAtmos(): LocatedProblem[];
  /** Settings of the file keyring that are a mistake beside another type. */
  misplacedSpec(other: OtherType): LocatedProblem[];
  /** What is found wrong later, with its place. */
  locate(problem: Problem): LocatedProblem;
  /** What that is called in messages: `auth.keyring.type (/p/atmos.yaml:3:11)`. */
  sourceOf(path: readonly string[]): string;
  /** The tag that gave the value at the path, which no message quotes then. */
  tagAt(path: readonly string[]): string | undefined;
}
