export { checkRegion, isAwsRegion } from '../region-name.ts';

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
