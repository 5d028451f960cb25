import { expect, test } from 'vitest';
import { atmos } from '../../../src/cli/command-specs/root.ts';
import { parseCommandLine } from '../../../src/cli/parse/command-line.ts';
import { thrownBy } from '../../support/error-of.ts';

const parse = (line: string) => parseCommandLine(line.split(' '), atmos);

test('an option with a list that is given twice says how to write it', () => {
  expect(thrownBy(() => parse('auth keyring export f --recipient a --recipient b')).message).toBe(
    '--recipient is given twice with different values: separate them with commas',
  );
});

test.each([
  'auth keyring export f --recipient=',
  'auth keyring import --from archive --path=',
  'auth keyring import --from archive --identity-file=',
  'auth keyring import --from aws-credentials --map=',
  'auth keyring rekey --new-password-file=',
  'auth keyring adopt --from-realm=',
  'auth keyring recipients accept --fingerprint=',
  'auth log --since=',
  'auth user configure --from-aws-profile=',
])('an empty value that would have another effect is an error: %s', (line) => {
  const option = line.slice(line.lastIndexOf('--'), -1);
  expect(thrownBy(() => parse(line))).toMatchObject({
    code: 'ERR_USAGE',
    message: `the value of ${option} is empty: a variable may not be set`,
  });
});
