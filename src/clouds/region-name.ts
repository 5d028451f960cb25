import type { LinkProblem } from '../core/configuration-error.ts';
import { say } from '../core/hint.ts';
import { quoteValue } from '../core/json.ts';
import type { LinkConfig } from '../core/kind-config.ts';

// Not in the folder of AWS, because providers of other folders pass a region to identities of AWS.

/**
 * Whether a text can be the name of an AWS region. It becomes a label of host names, so this is the
 * rule for a lower-case label: new partitions and replacements of AWS have forms other than
 * `eu-west-1`.
 */
export function isAwsRegion(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** Reports a region that cannot be one. */
export function checkRegion(
  config: LinkConfig,
  path: readonly string[],
  region: string | undefined,
  report: (problem: LinkProblem) => void,
): void {
  if (region === undefined || isAwsRegion(region)) return;
  const shown = quoteValue({ value: region, tag: config.tagAt?.(path) });
  report({
    path,
    message: `is not the name of an AWS region: ${shown}`,
    hint: say('write it like eu-central-1'),
  });
}
