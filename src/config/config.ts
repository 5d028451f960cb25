import type { Sourced } from '../core/json.ts';
import type { Identity, Provider, TrustNeed } from '../core/kind-config.ts';
import type { ProvisionedSource } from '../core/provisioned.ts';
import type { Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeychainStore } from './keychain-stores.ts';
import type { IntegrationEntry, KeyringEntry, LogsEntry } from './entries.ts';
import type { OtherType } from './keyring-spec.ts';
import type { Layer, Origin } from './layer.ts';
import type { LocatedProblem, Problem } from './problems.ts';
import type { ProfileDirectory } from './profiles.ts';
import type { WithRemoteImports } from './remote-imports.ts';

/**
 * The authentication settings of the configuration files and the chosen profiles, merged and
 * checked.
 */
export interface Config extends WithRemoteImports {
  /** Absolute, in the order merged: base first, then those of the profiles. */
  readonly files: readonly string[];
  /** The same files with their origins. `loadLayers` loads them again. */
  readonly layers: readonly Layer[];
  /**
   * The directory of the last configuration file, from which the realm is derived. Empty if there
   * is no file.
   */
  readonly directory: string;
  /** The chosen profiles, in the order they are merged. */
  readonly profiles: readonly string[];
  /** Whether an option or an environment variable chose the profiles. */
  readonly areProfilesGiven: boolean;
  /** Where profiles are looked for. */
  readonly profileDirectories: readonly ProfileDirectory[];
  readonly realm?: Sourced<string>;
  readonly keyring: KeyringEntry;
  readonly logs: LogsEntry;
  /** `auth.audit.file`. Absolute: see `pathBesideFile`. May begin with `~`. */
  readonly auditFile?: Sourced<string>;
  /** Sorted by name. The kind is empty if the identity has no kind. */
  readonly identities: readonly Identity[];
  /** Sorted by name. */
  readonly providers: readonly Provider[];
  /** Sorted by name. Integrations are never run. */
  readonly integrations: readonly IntegrationEntry[];
  /**
   * The providers with `auto_provision_identities`, and the lists whose identities are among those of the
   * configuration.
   */
  readonly provisioned: readonly ProvisionedSource[];
  /** Absolute: the same files and those that they include. Empty for a configuration in code. */
  readonly sources: readonly string[];
  /** Whether sessions are shared with Atmos through its plain files. */
  readonly sessionFiles: Sourced<boolean>;
  /** The top-level `env:`, for programs that are started, sorted by name. */
  readonly env: readonly Variable[];
  /** `ATMOS_` settings in `env:` by name. The real environment overrides them. */
  readonly environment: Readonly<Record<string, Sourced<string>>>;
  /** Whether a tag that is resolved gave a value, or a command will. */
  readonly hasTags: boolean;
  /** Warnings for the user, for example about unknown keys. */
  readonly warnings: readonly string[];
  /** Warnings that have a position in a file. */
  readonly notices: readonly LocatedProblem[];
  /** Paths whose values are missing because their commands were not run. */
  readonly leftOut: readonly (readonly string[])[];
  /** All files that came with the project, including those that `!include` read. */
  readonly projectFiles: readonly { readonly path: string; readonly text: string }[];
  /** Requests for trust that loading the project's files found. */
  readonly needs: readonly TrustNeed[];
  /** Atmos's keychain stores with the backend `file`, read when asked for. */
  keychainStores(
    host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
  ): Promise<readonly KeychainStore[]>;
  /** The origin of the file that determines the value at the path. */
  originOf(path: readonly string[]): Origin;
  /** Keys of identities that only Atmos uses, one notice for each key. */
  notesForAtmos(): LocatedProblem[];
  /** The keys of the map at the path that are written without a value and are therefore not used. */
  emptyKeys(path: readonly string[]): LocatedProblem[];
  /** Settings of the file keyring that are a mistake beside another type. */
  misplacedSpec(other: OtherType): LocatedProblem[];
  /** Adds the position to a problem that was found after loading. */
  locate(problem: Problem): LocatedProblem;
  /** The name of a setting in messages: `auth.keyring.type (/p/atmos.yaml:3:11)`. */
  sourceOf(path: readonly string[]): string;
  /** The tag that set the value at the path. Messages do not quote such a value. */
  tagAt(path: readonly string[]): string | undefined;
}
