import { expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { createProject } from '../config/project.ts';
import { blocksOf } from '../support/configuration-page.ts';

test.each([...blocksOf('yaml'), ...blocksOf('yaml', 'kinds')])(
  'the example loads: %s',
  async (block) => {
    const project = createProject({
      'atmos.yaml': block,
      // The files that the examples refer to.
      'auth/identities.yaml': '',
      'auth/accounts/one.yaml': '',
      'accounts.json': '{ "dev": { "mfa_arn": "arn:aws:iam::123456789012:mfa/dev" } }',
      '.env': 'A=1\n',
    });
    const { findings, warnings } = await validate({}, project.host({ ATMOS_AUTH_TRUST: '1' }));
    expect([...findings, ...warnings]).toEqual([]);
  },
);
