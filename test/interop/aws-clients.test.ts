import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { peer } from '../support/peers.ts';
import { testAsClient } from './aws-clients.ts';

// The AWS CLI is in test/script/aws-cli.test.ts.
const [python, go] = [peer('aws-python'), peer('go-sdk')];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('the AWS SDK for JavaScript', () => {
  testAsClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});

describe.skipIf(!python)('boto3', () => {
  testAsClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe.skipIf(!go)('the AWS SDK for Go', () => {
  testAsClient([go?.path ?? '']);
});
