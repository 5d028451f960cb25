import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Trustable, TrustNeed } from '../../src/config/trust.ts';
import { writeRecord } from '../../src/config/trust-records.ts';
import type { TrustRecord } from '../../src/config/trust-store.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A project of two files, and the part of its configuration that trust depends on. */
export interface TrustedProject {
  readonly root: string;
  readonly files: Trustable['projectFiles'];
  /** The directory of the records, which does not exist yet. */
  readonly store: string;
  config(change?: Partial<Trustable>): Trustable;
  host(env?: Host['env'], workingDirectory?: string): Host;
  /** Records the trust, as `atmos auth trust` does. */
  trust(need: TrustNeed, change?: Partial<Trustable>): TrustRecord;
}

export function openProject(): TrustedProject {
  const root = temporaryDirectory();
  const directory = join(root, 'project');
  const files = [
    { path: join(directory, 'atmos.d/a.yaml'), text: 'auth:\n  realm: r\n' },
    { path: join(directory, 'atmos.yaml'), text: 'auth: {}\n' },
  ];
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const host = (env: Host['env'] = {}, workingDirectory = directory) =>
    fakeHost({
      env: { XDG_STATE_HOME: join(root, 'state'), ...env },
      workingDirectory: () => workingDirectory,
    });
  const config = (change: Partial<Trustable> = {}): Trustable => ({
    directory,
    profiles: [],
    projectFiles: files,
    originOf: () => 'project',
    sourceOf: (path) => `${path.join('.')} (${join(directory, 'atmos.yaml')}:1:1)`,
    ...change,
  });
  return {
    root,
    files,
    store: join(root, 'state/atmos/trust'),
    config,
    host,
    trust(need, change) {
      const trusted = config(change);
      const shown = { ...need, source: trusted.sourceOf(need.path) };
      return writeRecord(trusted, [shown], host());
    },
  };
}
