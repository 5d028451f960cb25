import { describe, expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
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
    .map((line) => line.replaceAll(project.directory, '$'));
}

describe('a provider', () => {
  const kinds = 'aws/iam-identity-center, github/oidc, oidc/token';

  test.each([
    [
      'kind: aws/iam-identity-center, start_url: https://d-1.awsapps.com/start, region: eu-west-1',
      [],
    ],
    [
      'kind: aws/iam-identity-center, start_url: https://x, auto_provision_identities: true, session: { duration: 4h }',
      [
        'error: auth.providers.p ($/atmos.yaml:1:22) has no region, which the kind aws/iam-identity-center needs',
        'note: auth.providers.p.session ($/atmos.yaml:1:113) is not used by the kind aws/iam-identity-center',
      ],
    ],
    [
      'kind: aws/iam-identity-centre',
      [
        'error: auth.providers.p.kind ($/atmos.yaml:1:33) is unknown: "aws/iam-identity-centre" | did you mean aws/iam-identity-center?',
      ],
    ],
    [
      'kind: vault',
      [
        `error: auth.providers.p.kind ($/atmos.yaml:1:33) is unknown: "vault" | supported kinds: ${kinds}`,
      ],
    ],
    ['region: x', ['warning: auth.providers.p.kind ($/atmos.yaml:1:22) is missing']],
    [
      'kind: github/oidc, spec: {}',
      [
        'error: auth.providers.p ($/atmos.yaml:1:22) has no spec.audience, which the kind github/oidc needs | set spec.audience, for AWS to sts.amazonaws.com',
      ],
    ],
    ['kind: github/oidc, spec: { audience: a }, tags: [x], default: true', []],
    [
      'kind: github/oidc, spec: { audience: a, audienc: b }, start_url: x',
      [
        'warning: auth.providers.p.spec.audienc ($/atmos.yaml:1:76) is not known | did you mean audience?',
        'warning: auth.providers.p.start_url ($/atmos.yaml:1:92) is not known',
      ],
    ],
    [
      'kind: oidc/token, spec: { file: a, variable: B }',
      [
        'error: auth.providers.p.spec ($/atmos.yaml:1:45) contains file and variable, but only one is allowed | set exactly one of spec.file, spec.variable and spec.command',
      ],
    ],
    [
      'kind: oidc/tokn',
      [
        'error: auth.providers.p.kind ($/atmos.yaml:1:33) is unknown: "oidc/tokn" | did you mean oidc/token?',
      ],
    ],
    [
      'kind: azure/oidc, spec: { tenant_id: x }',
      [
        'error: auth.providers.p ($/atmos.yaml:1:22) has no spec.client_id, which the kind azure/oidc needs',
        'warning: auth.providers.p.kind ($/atmos.yaml:1:33) is azure/oidc, which this version does not support',
      ],
    ],
    [
      // A variable may be set elsewhere.
      'kind: azure/cli, spec: { tenant_id: !env TENANT }',
      [
        'warning: auth.providers.p.kind ($/atmos.yaml:1:33) is azure/cli, which this version does not support',
      ],
    ],
  ])('%s', async (text, findings) => {
    expect(await findingsOf(`auth: { providers: { p: { ${text} } } }`)).toEqual(findings);
  });
});

describe('an integration', () => {
  const others = 'identities: { dev: { kind: aws/user } }, providers: { p: { kind: gcp/adc } }';
  const ofIntegration = (lines: string[]) => lines.filter((one) => !one.includes('.providers.'));

  test.each([
    [
      'kind: aws/ecr, via: { identity: DEV }',
      [
        'warning: auth.integrations.i.kind ($/atmos.yaml:1:36) is aws/ecr, which this version does not support',
      ],
    ],
    [
      'kind: aws/ecrr, via: { provider: p }',
      [
        'error: auth.integrations.i.kind ($/atmos.yaml:1:36) is unknown: "aws/ecrr" | did you mean aws/ecr?',
      ],
    ],
    [
      'kind: aws/eks, via: { identity: dve }',
      [
        'warning: auth.integrations.i.kind ($/atmos.yaml:1:36) is aws/eks, which this version does not support',
        'error: auth.integrations.i.via.identity ($/atmos.yaml:1:62) is not an identity: "dve" | did you mean dev?',
      ],
    ],
    [
      'kind: github/sts, via: { identity: dev, provider: p }',
      [
        'warning: auth.integrations.i.kind ($/atmos.yaml:1:36) is github/sts, which this version does not support',
        'error: auth.integrations.i.via ($/atmos.yaml:1:48) names both a provider and an identity, but only one is allowed | give one of them',
      ],
    ],
    [
      'kind: gcp/gke',
      [
        'warning: auth.integrations.i ($/atmos.yaml:1:25) has no via.identity or via.provider, so nothing opens it',
        'warning: auth.integrations.i.kind ($/atmos.yaml:1:36) is gcp/gke, which this version does not support',
      ],
    ],
  ])('%s', async (text, findings) => {
    const project = `auth: { integrations: { i: { ${text} } }, ${others} }`;
    expect(ofIntegration(await findingsOf(project))).toEqual(findings);
  });
});

function asText(hint: Hint): string {
  return formatHint(hint, posixSyntax);
}
