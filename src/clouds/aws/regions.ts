/**
 * Whether a text can be the name of an AWS region. It becomes a label of host names, so this is the
 * rule for one in lower case: new partitions and stand-ins for AWS have other forms than `eu-west-1`.
 */
export function isAwsRegion(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}
