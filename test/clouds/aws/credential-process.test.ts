import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { awsCredentialProcess } from '../../../src/clouds/aws/credential-process.ts';
import { parseProcessAnswer } from '../../../src/clouds/aws/process-answer.ts';
import { isAtmosError } from '../../../src/core/errors.ts';
import type { Identity } from '../../../src/core/kind-config.ts';
import type { RunOptions, RunResult } from '../../../src/host/host.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { testStart as now } from '../../support/fake-host.ts';
import { openContext } from '../open-context.ts';

const session = {
  Version: 1,
  AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  SecretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  SessionToken: 'canary-session-token',
  Expiration: '2026-01-01T01:00:00Z',
};

const identityOf = (spec: Identity['spec'], fields: Partial<Identity> = {}) =>
  awsUserIdentity({ name: 'saml', kind: 'aws/credential-process', spec, ...fields });
const planOf = (spec: Identity['spec'], fields: Partial<Identity> = {}) =>
  awsCredentialProcess.plan(identityOf(spec, fields), { base: undefined, env: {} });

describe('the plan of aws/credential-process', () => {
  test('keeps the session, which depends on the command, as its hash', () => {
    const plan = planOf({ command: 'saml2aws --canary' }, { principal: { region: 'eu-west-1' } });
    expect(plan).toMatchObject({
      gives: 'aws',
      slot: 'own',
      origin: 'unknown',
      storedKey: 'none',
      region: 'eu-west-1',
    });
    expect(plan).not.toHaveProperty('isAmbient');
    expect(JSON.stringify(plan.fingerprint)).not.toContain('canary');
    expect(Object.keys(plan.fingerprint)).toEqual(['spec.command']);
  });

  test('depends on the directory of the file if the command has a relative path', () => {
    const valueIn = (command: string, directory: string) =>
      planOf({ command }, { besideFile: () => directory }).fingerprint['spec.command']?.value;
    expect(valueIn('./saml', '/p')).not.toBe(valueIn('./saml', '/q'));
    expect(valueIn('saml2aws', '/p')).toBe(valueIn('saml2aws', '/q'));
  });

  test.each<[Identity['spec'], string]>([
    [
      {},
      'identity saml (/p/atmos.yaml) has no spec.command, which the kind aws/credential-process needs',
    ],
    [{ command: '' }, 'spec.command of identity saml (/p/atmos.yaml:spec:command) is empty'],
    [
      { command: ['a'] },
      'spec.command of identity saml (/p/atmos.yaml:spec:command) must be text, not a list',
    ],
    [
      { command: 'a', endpoint_url: 'x' },
      'spec.endpoint_url of identity saml (/p/atmos.yaml:spec:endpoint_url) is not an http or https URL without user and password',
    ],
  ])('is refused for %j', (spec, message) => {
    expect(thrownBy(() => planOf(spec))).toMatchObject({ code: 'ERR_CONFIG_INVALID', message });
  });

  test('reports every problem once', () => {
    const error = thrownBy(() => planOf({ use_fips: 'x' }, { principal: { region: 'a b' } }));
    expect(error.lines).toHaveLength(2);
  });
});

test('trust is needed for the command, and for an endpoint', () => {
  const spec = { command: 'saml2aws', endpoint_url: 'https://sts.example.com' };
  expect(awsCredentialProcess.trustNeeds(identityOf(spec))).toEqual([
    { path: ['spec', 'command'], what: 'runs the credential command saml2aws' },
    { path: ['spec', 'endpoint_url'], what: 'sends signed requests to https://sts.example.com' },
  ]);
  for (const command of ['', 5, undefined]) {
    expect(awsCredentialProcess.trustNeeds(identityOf({ command }))).toEqual([]);
  }
});

describe('a command', () => {
  function open(result: Partial<RunResult>, asked: RunOptions[] = []) {
    const context = openContext({
      async runShell(_, options) {
        asked.push(options);
        const nothing = { stdout: Buffer.from(''), timedOut: false, wroteTooMuch: false };
        return { exitCode: 0, ...nothing, ...result };
      },
    });
    return planOf({ command: 'x' }, { principal: { region: 'eu-west-1' } }).open(context);
  }

  test('gives the session that it prints, within 60 seconds and 64 KiB', async () => {
    const asked: RunOptions[] = [];
    const stdout = Buffer.from(`${JSON.stringify(session)}\n`);
    const { credentials, limits } = await open({ stdout }, asked);
    expect(credentials).toMatchObject({
      type: 'aws',
      accessKeyId: session.AccessKeyId,
      sessionToken: session.SessionToken,
      expiresAt: new Date(session.Expiration),
      region: 'eu-west-1',
    });
    expect(limits).toEqual([]);
    expect(asked).toMatchObject([{ timeoutMs: 60_000, maxBytes: 65_536 }]);
  });

  test.each([
    [{ exitCode: 1 }, 'failed with exit code 1'],
    [{ timedOut: true }, 'did not exit within 60 seconds'],
    [{ wroteTooMuch: true }, 'printed more than 65536 bytes'],
    [{}, 'printed nothing'],
    [{ stdout: Buffer.from('canary') }, 'did not print one JSON object'],
  ])('that fails is named with its place: %j', async (result, message) => {
    const error = await errorOf(open(result));
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(`the credential command (/p/atmos.yaml:spec:command) ${message}`);
  });
});

const parsed = (output: string) => parseProcessAnswer(output, { named: 'it', now });

describe('the output of a command', () => {
  test('without an expiry is taken as credentials that do not expire', () => {
    const { SessionToken: _, Expiration: __, ...keys } = session;
    expect(parsed(JSON.stringify(keys))).toEqual({
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
    });
    const nothing = { SessionToken: null, Expiration: '' };
    expect(parsed(JSON.stringify({ ...keys, ...nothing }))).not.toHaveProperty('expiresAt');
  });

  test('may have other keys, white space and another time zone', () => {
    const more = { AccountId: '1', Expiration: '2026-01-01T03:00:00+02:00' };
    expect(parsed(` ${JSON.stringify({ ...session, ...more })}\r\n`).expiresAt).toEqual(
      new Date('2026-01-01T01:00:00Z'),
    );
  });

  test.each([
    ['[]', 'did not print one JSON object'],
    ['null', 'did not print one JSON object'],
    [`${JSON.stringify(session)} canary`, 'did not print one JSON object'],
  ])('is refused as a whole: %s', (output, message) => {
    expect(thrownBy(() => parsed(output)).message).toBe(`it ${message}`);
  });

  test.each([
    [{ Version: 2 }, 'printed no answer of Version 1'],
    [{ Version: '1' }, 'printed no answer of Version 1'],
    [{ AccessKeyId: undefined }, 'printed no AccessKeyId'],
    [{ AccessKeyId: '' }, 'printed an invalid AccessKeyId'],
    [{ AccessKeyId: 5 }, 'printed an invalid AccessKeyId'],
    [{ SecretAccessKey: undefined }, 'printed no SecretAccessKey'],
    [{ SecretAccessKey: 'can\nary' }, 'printed an invalid SecretAccessKey'],
    [{ SessionToken: ['canary'] }, 'printed an invalid SessionToken'],
    [{ SessionToken: 'c'.repeat(9000) }, 'printed an invalid SessionToken'],
    [{ SessionToken: undefined }, 'printed an Expiration, but no SessionToken'],
    [{ Expiration: 'tomorrow' }, 'printed an invalid Expiration'],
    [{ Expiration: 1767225600 }, 'printed an invalid Expiration'],
    [
      { Expiration: '2026-01-01T00:00:59Z' },
      'printed credentials that expire at 2026-01-01T00:00:59Z',
    ],
  ])('is refused for a field: %j', (fields, message) => {
    const error = thrownBy(() => parsed(JSON.stringify({ ...session, ...fields })));
    expect(error).toMatchObject({ code: 'ERR_AUTH_SOURCE_FAILED', message: `it ${message}` });
  });

  test('never leads to another error, or to one that quotes a secret', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(session)));
    const answers = fc
      .record({
        Version: fc.oneof(fc.constant(1), value),
        AccessKeyId: value,
        SecretAccessKey: value,
        SessionToken: value,
        Expiration: value,
      })
      .map((answer) => JSON.stringify(answer));
    fc.assert(
      fc.property(fc.oneof(answers, fc.json(), fc.string()), (output) => {
        try {
          expect(parsed(output).accessKeyId).not.toBe('');
        } catch (error) {
          if (!isAtmosError(error, 'ERR_AUTH_SOURCE_FAILED')) throw error;
          expect(error.message).not.toMatch(/canary/i);
          expect(error.cause).toBeUndefined();
        }
      }),
    );
  });
});
