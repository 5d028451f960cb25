import type { ProfileDetails } from '../config/profile-details.ts';

/** The documented form of a profile in `-o json`: always every field, null for what it does not say. */
export interface ProfileJson {
  name: string;
  path: string;
  /** Which of the places it was found in. */
  location_type: 'configurable' | 'project-hidden' | 'xdg' | 'project';
  files: readonly string[];
  metadata: {
    name: string | null;
    description: string | null;
    version: string | null;
    tags: readonly string[];
    deprecated: boolean;
  };
  /** Whether this command line and the environment choose it. */
  active: boolean;
  /** Why it cannot be used. */
  problem: string | null;
}

export function profileJson(profile: ProfileDetails, chosen: readonly string[]): ProfileJson {
  const { name, path, type, files, metadata, problem } = profile;
  return {
    name,
    path,
    location_type: type,
    files,
    metadata: {
      name: metadata.name ?? null,
      description: metadata.description ?? null,
      version: metadata.version ?? null,
      tags: metadata.tags,
      deprecated: metadata.isDeprecated,
    },
    active: chosen.includes(name),
    problem: problem?.join('\n') ?? null,
  };
}

/** What there is to notice of it: `active`, `broken`, `deprecated`. */
export function profileState({ active, problem, metadata }: ProfileJson): string | undefined {
  const states = [
    active ? 'active' : undefined,
    problem === null ? undefined : 'broken',
    metadata.deprecated ? 'deprecated' : undefined,
  ];
  return states.filter((state) => state !== undefined).join(', ') || undefined;
}
