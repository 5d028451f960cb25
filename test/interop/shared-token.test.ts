import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { peer } from '../support/peers.ts';
import { testAsSharedClient } from './shared-token-client.ts';

// The real clients of IAM Identity Center share a token with our program. The AWS CLI does the same in
// aws-sso-login.peers.test.ts: that of Debian knows no AWS_ENDPOINT_URL_SSO.
const [python, go] = [peer('aws-python'), peer('go-sdk')];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const limitMs = 180_000;

describe.skipIf(!python)('boto3', { timeout: limitMs }, () => {
  testAsSharedClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe('the AWS SDK for JavaScript', { timeout: limitMs }, () => {
  testAsSharedClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});

describe.skipIf(!go)('the AWS SDK for Go', { timeout: limitMs }, () => {
  testAsSharedClient([go?.path ?? '']);
});
