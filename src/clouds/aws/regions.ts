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
