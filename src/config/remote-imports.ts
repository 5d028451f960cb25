import { say, type Hint } from '../core/hint.ts';

/** Of a configuration, its imports that are not fetched. */
export interface WithRemoteImports {
  /** Where they are written: `import.0 (/p/atmos.yaml:2:5)`. */
  readonly remoteImports: readonly string[];
}

/** How to have what a remote import says. */
export const remoteImportHint = say('download it into the project and import that file');

/**
 * For the end of an error about a name that no local file defines: where the remote imports are
 * that may define it. Empty if there are no remote imports.
 */
export function remoteImportNote({ remoteImports }: WithRemoteImports): string {
  const [first, ...more] = remoteImports;
  if (first === undefined) return '';
  const verb = more.length === 0 ? 'is a remote import, which is' : 'are remote imports, which are';
  return `; ${[first, ...more].join(', ')} ${verb} not fetched`;
}

/** The hint that goes with {@link remoteImportNote}. */
export function remoteImportHints({ remoteImports }: WithRemoteImports): Hint[] {
  return remoteImports.length === 0 ? [] : [remoteImportHint];
}
