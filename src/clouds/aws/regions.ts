export { checkRegion, isAwsRegion } from '../region-name.ts';

interface Partition {
  readonly name: string;
  /** The form of its regions. */
  readonly regions: RegExp;
  /** The domain of its services, and of those of their endpoints that also have an IPv6 address. */
  readonly domain: string;
  readonly dualStackDomain: string;
}

const commercial: Partition = {
  name: 'aws',
  regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
  domain: 'amazonaws.com',
  dualStackDomain: 'api.aws',
};

/** As in the AWS SDKs. */
const partitions: readonly Partition[] = [
  commercial,
  {
    name: 'aws-cn',
    regions: /^cn-[a-z]+-\d+$/,
    domain: 'amazonaws.com.cn',
    dualStackDomain: 'api.amazonwebservices.com.cn',
  },
  {
    name: 'aws-us-gov',
    regions: /^us-gov-[a-z]+-\d+$/,
    domain: 'amazonaws.com',
    dualStackDomain: 'api.aws',
  },
  {
    name: 'aws-iso',
    regions: /^us-iso-[a-z]+-\d+$/,
    domain: 'c2s.ic.gov',
    dualStackDomain: 'api.aws.ic.gov',
  },
  {
    name: 'aws-iso-b',
    regions: /^us-isob-[a-z]+-\d+$/,
    domain: 'sc2s.sgov.gov',
    dualStackDomain: 'api.aws.scloud',
  },
  {
    name: 'aws-iso-e',
    regions: /^eu-isoe-[a-z]+-\d+$/,
    domain: 'cloud.adc-e.uk',
    dualStackDomain: 'api.cloud-aws.adc-e.uk',
  },
  {
    name: 'aws-iso-f',
    regions: /^us-isof-[a-z]+-\d+$/,
    domain: 'csp.hci.ic.gov',
    dualStackDomain: 'api.aws.hci.ic.gov',
  },
  {
    name: 'aws-eusc',
    regions: /^eusc-[a-z]+-[a-z]+-\d+$/,
    domain: 'amazonaws.eu',
    dualStackDomain: 'api.amazonwebservices.eu',
  },
];

const partitionWith = (region: string) => partitions.find(({ regions }) => regions.test(region));

/**
 * The partition of a region, which is the second part of an ARN. Undefined for a region with an
 * unknown form.
 */
export function partitionOf(region: string): string | undefined {
  return partitionWith(region)?.name;
}

/** The domains of the partition of a region. Of an unknown one, as in the AWS SDKs, those of `aws`. */
export function domainsOf(region: string): Pick<Partition, 'domain' | 'dualStackDomain'> {
  return partitionWith(region) ?? commercial;
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
