import { expect, test } from 'vitest';
import { decidingVariables, maySaySecret } from '../../src/core/deciding-variables.ts';

test('variables that are not set, and those of other programs, are left out', () => {
  expect(decidingVariables({ AWS_REGION: 'eu-west-1', ATMOS_KEYRING_PASSWORD: 'x' })).toEqual({
    AWS_REGION: 'eu-west-1',
  });
});

test.each([
  'https://ada:hunter2@localhost:1',
  'https:\\\\ada:hunter2@localhost:1',
  'https:/ada:hunter2@localhost',
  'ada:hunter2@localhost',
  'https://ada:hun ter2@localhost',
  'https://localhost/?token=hunter2',
  'https://localhost/#hunter2',
])('the endpoint %s may say a secret', (url) => {
  expect(maySaySecret({ AWS_ENDPOINT_URL_STS: url })).toBe(true);
});

test.each(['', 'https://sts.example.com', 'http://127.0.0.1:4566/aws', 'http://[::1]:4566'])(
  'the endpoint "%s" says none',
  (url) => {
    expect(maySaySecret({ AWS_ENDPOINT_URL: url })).toBe(false);
  },
);
