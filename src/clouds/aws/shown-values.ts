import { valueOf, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { UserSettings } from './user-settings.ts';

/** What messages and logs say in place of values that tags gave. Absent: the value. */
export interface ShownValues {
  readonly region?: string;
  readonly endpoint?: string;
  readonly mfaDevice?: string;
}

/** How messages call what tags gave, where they would name the values. */
export function shownValues({ tagAt }: Identity, settings: UserSettings): ShownValues {
  const shown = (path: readonly string[], value: string | undefined) => {
    const tag = value === undefined ? undefined : tagAt?.(path);
    return tag === undefined ? undefined : valueOf(tag);
  };
  return withoutAbsent({
    region: shown(['credentials', 'region'], settings.region),
    endpoint: settings.endpointPath && shown(settings.endpointPath, settings.endpoint),
    mfaDevice: shown(['credentials', 'mfa_arn'], settings.mfaArn),
  });
}
