import type { Exported } from '../app/export-environment.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { parseDuration } from '../core/time.ts';
import type { Invocation } from './command.ts';

/**
 * The options `--region` and `--min-validity`.
 *
 * @throws ERR_USAGE for a text that is not a duration
 */
export function sessionOptions({
  region,
  'min-validity': minValidity,
}: Invocation['values']): Pick<Exported, 'region' | 'minValidityMs'> {
  const minValidityMs = minValidity === undefined ? undefined : durationMs(minValidity);
  return withoutAbsent({ region, minValidityMs });
}

function durationMs(text: string): number {
  try {
    return parseDuration(text, '--min-validity') * 1000;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    throw new AtmosError('ERR_USAGE', error.message, { hints: error.hintValues });
  }
}
