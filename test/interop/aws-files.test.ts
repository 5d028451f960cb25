import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noProfiles, oddForms, oddKeys } from '../clouds/aws/odd-forms.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// Reads the unusual AWS files of test/clouds/aws/shared-files.test.ts with the AWS CLI.
const aws = peer('awscli')?.path ?? '';

function idBy(profile: string): string {
  const home = temporaryDirectory();
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/credentials'), oddForms.credentials);
  writeFileSync(join(home, '.aws/config'), oddForms.config);
  const args = ['configure', 'get', 'aws_access_key_id', '--profile', profile];
  const env = { HOME: home, PATH: process.env['PATH'] };
  return spawnSync(aws, args, { env, encoding: 'utf8' }).stdout.trim();
}

test.skipIf(!aws).each(oddKeys)('the AWS CLI reads the profile %s', (profile, id) => {
  expect(idBy(profile)).toBe(id);
});

test.skipIf(!aws).each(noProfiles)('the AWS CLI does not find the profile %s', (profile) => {
  expect(idBy(profile)).toBe('');
});
