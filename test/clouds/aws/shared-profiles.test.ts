import { describe, expect, test } from 'vitest';
import { findProfile } from '../../../src/clouds/aws/shared-profiles.ts';

describe('a profile is found by its command', () => {
  const sections = ['a', 'b'].map(
    (name) => `[profile ${name}]\ncredential_process = /n /m ${name}\nregion = eu-west-1\n`,
  );
  const config = `[default]\n${sections.join('')}`;
  const wanted = { command: '/n /m b', region: 'eu-west-1' };

  test('among others', () => {
    expect(findProfile(wanted, { config, credentials: '[a]\n' })).toBe('b');
  });

  test.each([
    ['with another region', config.replaceAll('eu-west-1', 'eu-west-2'), ''],
    ['with another setting', `${config}role_arn = x\n`, ''],
    ['whose name is in the file again', `${config}[profile b]\n`, ''],
    ['whose name is in the credentials file', config, '[b]\n'],
    ['that has another header', config.replace('[profile b]', '[b]'), ''],
  ])('but not one %s', (_, text, credentials) => {
    expect(findProfile(wanted, { config: text, credentials })).toBeUndefined();
  });
});
