import { describe, expect, test } from 'vitest';
import { isAwsRegion } from '../../../src/clouds/aws/regions.ts';

describe('the name of an AWS region', () => {
  test.each(['us-east-1', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1', 'us-iso-east-1'])(
    'is accepted: %s',
    (region) => expect(isAwsRegion(region)).toBe(true),
  );

  test.each(['local', 'a', 'xx-future-central-12', 'a'.repeat(63)])(
    'of a partition to come or of a stand-in is accepted: %s',
    (region) => expect(isAwsRegion(region)).toBe(true),
  );

  test.each([
    '',
    'not a region',
    'eu-west-1\n',
    'eu-west-1\ncredential_process = id',
    'Frankfurt',
    'eu-west-1.example.com',
    'eu-west-1/',
    '-eu-west-1',
    'eu-west-1-',
    'eu_west_1',
    'eü-west-1',
    'a'.repeat(64),
  ])('is not accepted: %j', (region) => expect(isAwsRegion(region)).toBe(false));
});
