import { describe, expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { findIdentity } from '../../src/config/find-identity.ts';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import type { Hint } from '../../src/core/hint.ts';
import { projectOf } from '../config/project.ts';

async function findingsOf(text: string): Promise<string[]> {
  const project = projectOf(text);
  const { findings } = await validate({}, project.host());
  return findings
    .map(({ severity, text: said, hints }) =>
      [`${severity}: ${said}`, ...hints.map(asText)].join(' | '),
    )
    .map((line) => line.replaceAll(project.directory, '$'))
    .filter((line) => !line.includes('does not support'));
}

describe('a provider and an identity with the same name', () => {
  const provider =
    'providers: { oidc: { kind: github/oidc, spec: { audience: a }, region: us-east-1 } }';

  test('are both found', async () => {
    const config = await projectOf(`auth:
  ${provider}
  identities:
    oidc: { kind: aws/assume-role, via: { provider: oidc } }
    su: { kind: aws/user, default: true }
`).load();
    expect(findIdentity(config, 'OIDC')).toMatchObject({ name: 'oidc', kind: 'aws/assume-role' });
    expect(findIdentity(config, 'su')).toMatchObject({ name: 'su', isDefault: true });
    expect(config.providers).toMatchObject([{ name: 'oidc', kind: 'github/oidc' }]);
    expect(config.warnings).toEqual([]);
  });

  test('cause no warning if Go Atmos stores them separately', async () => {
    const arn = 'arn:aws:iam::123456789012:role/ci';
    const role = `oidc: { kind: aws/assume-role, via: { provider: oidc }, principal: { assume_role: "${arn}" } }`;
    expect(await findingsOf(`auth: { identities: { ${role} }, ${provider} }`)).toEqual([]);
  });

  test('cause a warning if Go Atmos overwrites one with the other, in any case', async () => {
    expect(
      await findingsOf(`auth: { identities: { OIDC: { kind: aws/user } }, ${provider} }`),
    ).toEqual([
      'warning: auth.identities.OIDC ($/atmos.yaml:1:23) has the name of a provider ($/atmos.yaml:1:64): Go Atmos stores the token of the provider and the access key of the identity in the same entry | rename one of them where Go Atmos uses the same keyring',
    ]);
  });
});

function asText(hint: Hint): string {
  return formatHint(hint, posixSyntax);
}
