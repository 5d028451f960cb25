import { expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { createProject } from '../config/project.ts';
import { blocksOf } from '../support/configuration-page.ts';

test.each(blocksOf('yaml'))('docs/configuration.md shows what loads: %s', async (block) => {
  const project = createProject({
    'atmos.yaml': block,
    // What the blocks name.
    'auth/identities.yaml': '',
    'auth/accounts/one.yaml': '',
    'accounts.json': '{ "dev": { "mfa_arn": "arn:aws:iam::123456789012:mfa/dev" } }',
    '.env': 'A=1\n',
  });
  const { findings, warnings } = await validate({}, project.host());
  expect([...findings, ...warnings]).toEqual([]);
});
