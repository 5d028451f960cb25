import { describe } from 'vitest';
import { peer } from '../support/peers.ts';
import { testAsClient } from './aws-clients.ts';

const [java, rust] = [peer('java-sdk'), peer('rust-sdk')];

describe.skipIf(!java)('the AWS SDK for Java', () => {
  testAsClient([java?.path ?? '']);
});

describe.skipIf(!rust)('the AWS SDK for Rust', () => {
  testAsClient([rust?.path ?? '']);
});
