import { expect, test } from 'vitest';
import { findKeyLines } from '../../src/app/import-sources.ts';

const credentials = `# keys
[default]
aws_access_key_id = AKIA
aws_secret_access_key = x
region = eu-central-1

  [ops]  ; of the night
aws_access_key_id=AKIA
# aws_secret_access_key = old
  aws_secret_access_key=y
[profile ops]
aws_access_key_id = z
[ops2]\r
aws_access_key_id = AKIA\r
`;

const linesOf = (profile: string, text = credentials, isConfig = false) =>
  findKeyLines({ path: '/f', text, isConfig }, profile).map(({ line }) => line);

test('the lines of a key are found in the section of its profile', () => {
  expect(linesOf('default')).toEqual([3, 4]);
  expect(linesOf('ops')).toEqual([8, 10]);
  expect(linesOf('ops2')).toEqual([14]);
  expect(linesOf('no such')).toEqual([]);
  expect(findKeyLines({ path: '/f', text: credentials, isConfig: false }, 'ops2')).toEqual([
    { file: '/f', line: 14 },
  ]);
});

test('in the config file by its other headers', () => {
  const config = `[default]
aws_access_key_id = a
[profile ops]
aws_access_key_id = b
[profile "my ops"]
aws_secret_access_key = c
[ops]
aws_access_key_id = d
[profile default]
aws_access_key_id = e
[sso-session ops]
aws_access_key_id = f
`;
  expect(linesOf('default', config, true)).toEqual([2, 10]);
  expect(linesOf('ops', config, true)).toEqual([4]);
  expect(linesOf('my ops', config, true)).toEqual([6]);
});
