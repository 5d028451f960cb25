import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { peer } from '../support/peers.ts';
import { testAsSigninClient } from './signin-clients.ts';

// The real clients of AWS Sign-In share a file at our stand-in: the proofs that they send are valid for it,
// and they accept what it answers. The AWS CLI signs in at it in aws-login.peers.test.ts.
const python = peer('aws-python');
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const limitMs = 120_000;

describe.skipIf(!python)('boto3', { timeout: limitMs }, () => {
  testAsSigninClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe('the AWS SDK for JavaScript', { timeout: limitMs }, () => {
  testAsSigninClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});
