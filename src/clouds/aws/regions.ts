import type { LinkProblem } from '../../core/configuration-error.ts';
import { say } from '../../core/hint.ts';
import { quoteValue } from '../../core/json.ts';
import type { LinkConfig } from '../../core/kind-config.ts';

/**
 * Whether a text can be the name of an AWS region. It becomes a label of host names, so this is the
 * rule for a lower-case label: new partitions and replacements of AWS have forms other than
 * `eu-west-1`.
 */
export function isAwsRegion(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** The form of the regions of each partition, as in the AWS SDKs. */
const partitions: readonly (readonly [name: string, regions: RegExp])[] = [
  ['aws', /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/],
  ['aws-cn', /^cn-[a-z]+-\d+$/],
  ['aws-us-gov', /^us-gov-[a-z]+-\d+$/],
  ['aws-iso', /^us-iso-[a-z]+-\d+$/],
  ['aws-iso-b', /^us-isob-[a-z]+-\d+$/],
  ['aws-iso-e', /^eu-isoe-[a-z]+-\d+$/],
  ['aws-iso-f', /^us-isof-[a-z]+-\d+$/],
  ['aws-eusc', /^eusc-[a-z]+-[a-z]+-\d+$/],
];

/**
 * The partition of a region, which is the second part of an ARN. Undefined for a region with an
 * unknown form.
 */
export function partitionOf(region: string): string | undefined {
  return partitions.find(([, regions]) => regions.test(region))?.[0];
}

/** The first region of each partition, whose endpoints every account can use. */
const firstRegions: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-iso': 'us-iso-east-1',
  'aws-iso-b': 'us-isob-east-1',
  'aws-iso-e': 'eu-isoe-west-1',
  'aws-iso-f': 'us-isof-south-1',
  'aws-eusc': 'eusc-de-east-1',
};

/** The first region of a partition. Undefined for an unknown partition. */
export function firstRegionOf(partition: string): string | undefined {
  return Object.hasOwn(firstRegions, partition) ? firstRegions[partition] : undefined;
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
