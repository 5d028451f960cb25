import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { planAuth } from '../../src/auth/plan.ts';
import { readSettings } from '../../src/clouds/aws/user-settings.ts';
import { findIdentity } from '../../src/config/find-identity.ts';
import { loadConfig } from '../../src/auth/load-config.ts';
import { errorOf, projectOf } from '../config/project.ts';

const directory = join(import.meta.dirname, '../vectors/atmos-yaml');

/** What is expected of a file, written beside it as JSON. `$` is the directory it is in. */
interface Expected {
  /** Of each its name, its kind, whether it is the default, its duration, its variables. */
  identities: string[];
  /** Name and kind of each. */
  providers: string[];
  /** The warnings of loading. */
  warnings: string[];
  /** Of `auth validate`. */
  findings: string[];
  /** The type of the keyring, or the error of every command. */
  keyring: string;
  /** The endpoint of the default identity, or the error of using it. Null: AWS. */
  endpoint: string | null;
  /** The error for an identity that no file defines. */
  unknown: string;
}

async function resultsOf(text: string): Promise<Expected> {
  const project = projectOf(text);
  const host = project.host();
  const config = await loadConfig({}, host);
  const { findings } = await validate({}, host);
  const shown = (line: string) => line.replaceAll(project.directory, '$');
  const [byDefault] = config.identities.filter(({ isDefault }) => isDefault);
  const orError = async (run: () => string | null) => {
    try {
      return run();
    } catch {
      return shown((await errorOf(run)).message);
    }
  };
  return {
    identities: config.identities.map(({ name, kind, isDefault, session, env }) =>
      [
        name,
        kind || '-',
        ...(isDefault ? ['default'] : []),
        ...(session.duration === undefined ? [] : [session.duration]),
        ...env.map(({ key, value }) => `${key}=${value}`),
      ].join(' '),
    ),
    providers: config.providers.map(({ name, kind }) => `${name} ${kind}`),
    warnings: config.warnings.map(shown),
    findings: findings.map(({ severity, text: said }) => shown(`${severity}: ${said}`)),
    keyring: (await orError(() => planAuth(config, host).keyring.type.value)) ?? '',
    endpoint: await orError(() =>
      byDefault?.kind === 'aws/user' ? (readSettings(byDefault).endpoint ?? null) : null,
    ),
    unknown: shown((await errorOf(() => findIdentity(config, 'nobody-knows'))).message),
  };
}

describe('an atmos.yaml of a kind that Atmos reads', () => {
  const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

  test.each(names)('%s', async (name) => {
    const path = join(directory, name);
    const expected: Expected = JSON.parse(
      readFileSync(join(directory, `${basename(name, '.yaml')}.json`), 'utf8'),
    );
    expect(await resultsOf(readFileSync(path, 'utf8'))).toEqual(expected);
  });
});
