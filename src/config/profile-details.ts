import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import { isMap } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import { findConfigFile, findYamlFiles } from './find-config-files.ts';
import { loadConfig, type LoadOptions } from './load.ts';
import { parseYaml } from './parse.ts';
import type { Profile } from './profiles.ts';
import { readText } from './read.ts';

/** The `metadata` in the atmos.yaml of a profile. */
export interface ProfileMetadata {
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly tags: readonly string[];
  readonly isDeprecated: boolean;
}

/** A profile, looked into. */
export interface ProfileDetails extends Profile {
  /** Absolute, in the order they are merged. Without what they import. */
  readonly files: readonly string[];
  readonly metadata: ProfileMetadata;
  /** Why it cannot be used, line by line. */
  readonly problem?: readonly string[];
}

/**
 * Looks into profiles. Runs nothing. What is wrong with one is part of the answer, found out by loading
 * the configuration with it as choosing it does.
 *
 * @param options where the configuration is
 * @param spec as `loadConfig` takes it
 */
export async function readProfiles(
  profiles: readonly Profile[],
  options: LoadOptions,
  spec: SpecSchema,
  host: Host,
): Promise<ProfileDetails[]> {
  const without = await problemsWith([], options, spec, host);
  const details: ProfileDetails[] = [];
  for (const profile of profiles) {
    const problems = await problemsWith([profile.name], options, spec, host);
    const own = problems.filter((problem) => !without.includes(problem));
    details.push({
      ...profile,
      files: orElse([], () => findYamlFiles(profile.path)),
      metadata: orElse(noMetadata, () => readMetadata(profile)),
      ...(own.length === 0 ? {} : { problem: own }),
    });
  }
  return details;
}

async function problemsWith(
  names: readonly string[],
  options: LoadOptions,
  spec: SpecSchema,
  host: Host,
): Promise<string[]> {
  const problems: string[] = [];
  try {
    const profiles = { value: names, source: 'profile list' };
    const report: LoadOptions['report'] = ({ text }) => void problems.push(text);
    await loadConfig({ ...options, profiles, isStatic: true, report }, spec, host);
    return problems;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return [...problems, ...error.lines];
  }
}

/** Loading reports what cannot be read. */
function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isAtmosError(error)) return otherwise;
    throw error;
  }
}

const noMetadata: ProfileMetadata = { tags: [], isDeprecated: false };

/** Values of another type are ignored, because nothing depends on them. */
function readMetadata({ path }: Profile): ProfileMetadata {
  const file = findConfigFile(path);
  if (file === undefined) return noMetadata;
  const { metadata } = parseYaml({ path: file, text: readText(file)?.text ?? '' }).data;
  if (!isMap(metadata)) return noMetadata;
  const { tags } = metadata;
  return {
    ...withoutAbsent({
      name: textOf(metadata['name']),
      description: textOf(metadata['description']),
      version: textOf(metadata['version']),
    }),
    tags: Array.isArray(tags) ? tags.flatMap((tag) => textOf(tag) ?? []) : [],
    isDeprecated: metadata['deprecated'] === true,
  };
}

/** A version may be written as a number: `1.2`. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
