import { describe, expect, it } from 'vitest';
import { isTrustedEndpoint, requireTrust } from '../../src/config/trust.ts';
import { errorOf, projectOf } from './project.ts';

describe('what runs a program', () => {
  const passwordCommand = 'auth: { keyring: { spec: { password_command: pass show x } } }';

  it('needs trust when a project says it', () => {
    const project = projectOf(passwordCommand);
    const config = project.load();
    const { source = '' } = config.keyring.passwordCommand ?? {};
    const error = errorOf(
      () => requireTrust(config, 'runs pass show x', source, project.host()),
      project,
    );
    expect(error.code).toBe('ERR_CONFIG_UNTRUSTED');
    expect(error.message).toBe(
      'the configuration in $ is not trusted: it runs pass show x, as auth.keyring.spec.password_command ($/atmos.yaml:1:46) says',
    );
    expect(error.hints).toEqual(['export ATMOS_AUTH_TRUST=1', '--config FILE']);
  });

  it.each(['', '0', 'true', 'yes'])('is not trusted by ATMOS_AUTH_TRUST=%s', (value) => {
    const project = projectOf(passwordCommand);
    const host = project.host({ ATMOS_AUTH_TRUST: value });
    expect(errorOf(() => requireTrust(project.load(), 'run', 'x', host)).code).toBe(
      'ERR_CONFIG_UNTRUSTED',
    );
  });

  it('is trusted by ATMOS_AUTH_TRUST=1, and in a file named by --config', () => {
    const project = projectOf(passwordCommand);
    requireTrust(project.load(), 'run', 'x', project.host({ ATMOS_AUTH_TRUST: '1' }));
    requireTrust(project.load({ ATMOS_CONFIG: 'atmos.yaml' }), 'run', 'x', project.host());
  });

  it('needs none when no file says it', () => {
    requireTrust(undefined, 'run', 'x', projectOf('').host());
  });
});

describe('an endpoint', () => {
  it.each([
    'https://sts.amazonaws.com',
    'https://sts.amazonaws.com./',
    'https://STS.eu-west-1.amazonaws.com:443/x',
    'https://sts.us-gov-west-1.amazonaws.com',
    'https://sts-fips.us-east-1.amazonaws.com',
    'https://sts.cn-north-1.amazonaws.com.cn',
    'https://sts.eusc-de-east-1.amazonaws.eu',
    'https://sts.us-east-1.api.aws',
    'https://portal.sso.eu-west-1.amazonaws.com',
    'http://localhost:4566',
    'https://localhost',
    'http://127.0.0.1:4566',
    'http://127.1.2.3',
    'http://[::1]:80',
  ])('of AWS or of this machine needs no trust: %s', (url) => {
    expect(isTrustedEndpoint(url)).toBe(true);
  });

  it.each([
    'http://sts.amazonaws.com',
    'https://amazonaws.com',
    'https://evilamazonaws.com',
    'https://sts.amazonaws.com.evil.example',
    'https://sts.amazonaws.com@evil.example',
    'https://evil.example/sts.amazonaws.com',
    'https://evil.example#.amazonaws.com',
    'https://sts.s3.amazonaws.com',
    'https://bucket.s3-us-west-2.amazonaws.com',
    'https://abc.execute-api.us-east-1.amazonaws.com',
    'https://ec2-192-0-2-1.compute-1.amazonaws.com',
    'https://lb.elb.us-east-1.amazonaws.com',
    'https://vpce-0.sts.us-east-1.vpce.amazonaws.com',
    'https://abc.lambda-url.us-east-1.on.aws',
    'http://127.0.0.1.nip.io',
    'http://localhost.evil.example',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'http://169.254.169.254',
    'ftp://localhost',
    'file:///etc/passwd',
    'sts.amazonaws.com',
    '',
  ])('elsewhere needs trust: %s', (url) => {
    expect(isTrustedEndpoint(url)).toBe(false);
  });
});
