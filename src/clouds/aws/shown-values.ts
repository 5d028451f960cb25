import { valueOf, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { PlannedSetting } from '../contract.ts';
import type { UserSettings } from './user-settings.ts';

/** What messages and logs say in place of values that tags gave. Absent: the value. */
export interface ShownValues {
  readonly region?: string;
  readonly endpoint?: string;
  readonly mfaDevice?: string;
}

/** What stands for a value in a message. Undefined if no tag produced it, so that it may be named. */
export function shownAt(
  { tagAt }: Pick<Identity, 'tagAt'>,
  path: readonly string[] | undefined,
  value: string | undefined,
): string | undefined {
  const tag = value === undefined || path === undefined ? undefined : tagAt?.(path);
  return tag === undefined ? undefined : valueOf(tag);
}

/** A value of the configuration as a setting on which a session depends. */
export function plannedAt(
  identity: Pick<Identity, 'tagAt'>,
  path: readonly string[],
  value: string | undefined,
): PlannedSetting {
  return { value: value ?? null, ...withoutAbsent({ shown: shownAt(identity, path, value) }) };
}

/** How messages call what tags gave, where they would name the values. */
export function shownValues(identity: Identity, settings: UserSettings): ShownValues {
  return withoutAbsent({
    region: shownAt(identity, ['credentials', 'region'], settings.region),
    endpoint: shownAt(identity, settings.endpointPath, settings.endpoint),
    mfaDevice: shownAt(identity, ['credentials', 'mfa_arn'], settings.mfaArn),
  });
}
