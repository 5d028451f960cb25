import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { peer } from '../support/peers.ts';
import { testAsPortalClient } from './portal-client.ts';

// The real clients of IAM Identity Center share a file of tokens at our stand-in: what they send is in
// the API, and they accept what it answers. The AWS CLI does the same in aws-sso-login.peers.test.ts.
const [python, go] = [peer('aws-python'), peer('go-sdk')];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const limitMs = 120_000;

describe.skipIf(!python)('boto3', { timeout: limitMs }, () => {
  testAsPortalClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe('the AWS SDK for JavaScript', { timeout: limitMs }, () => {
  testAsPortalClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});

describe.skipIf(!go)('the AWS SDK for Go', { timeout: limitMs }, () => {
  testAsPortalClient([go?.path ?? '']);
});
