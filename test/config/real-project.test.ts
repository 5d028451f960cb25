import { describe, expect, it } from 'vitest';
import { createProject, type Project } from './project.ts';

/**
 * A realistic project: stacks, components, templates, workflows, every tag of Atmos anywhere, and
 * `auth` in files of its own.
 */
function realProject(): Project {
  return createProject({
    '.git/HEAD': 'ref: refs/heads/main\n',
    '.git/refs/heads/main': `${'a1b2c3d4'.repeat(5)}\n`,
    '.git/config': '[remote "origin"]\n\turl = https://github.com/example/infra.git\n',
    '.env': 'TF_PLUGIN_CACHE_DIR=/var/cache/terraform\n',
    'atmos.yaml': `
x-defaults: &defaults
  auto_generate_backend_file: true
  deploy_run_init: !!bool true
base_path: !repo-root .
import:
  - config/auth/*.yaml
env: !include .env
components:
  terraform:
    <<: *defaults
    base_path: components/terraform
    command: !env TF_COMMAND terraform
    init: { pass_vars: false }
    plugins: !append [a, b]
  helmfile:
    use_eks: true
    kubeconfig_path: /dev/shm
    cluster_name_pattern: "{{.tenant}}-{{.environment}}-{{.stage}}-eks-cluster"
  packer: !unset
stacks:
  base_path: stacks
  included_paths: ["orgs/**/*"]
  excluded_paths: ["**/_defaults.yaml"]
  name_template: >-
    {{.vars.tenant}}-{{.vars.environment}}-{{.vars.stage}}
workflows: { base_path: stacks/workflows }
templates:
  settings:
    enabled: true
    sprig: { enabled: true }
    env: { AWS_PROFILE: !exec "echo never-run >&2; exit 1" }
    gomplate: { timeout: 5, datasources: { ip: { url: https://example.com } } }
commands:
  - name: tf
    description: Run terraform
    arguments: [{ name: component, description: Name }]
    steps:
      - 'echo {{ .Arguments.component }}'
      - !include.raw scripts/gone.sh
vars:
  sha: !git.sha
  branch: !git.branch
  ref: !git.ref
  repository: !git.repository
  owner: !git.owner
  name: !git.name
  host: !git.host
  url: !git.url
  root: !git.root
  here: !cwd
  port: !random 1024 65535
  numbers: [0o17, 1e3, .inf, 2026-01-01, ~, null, yes]
integrations: { github: { gitops: { terraform-version: 1.9.0 } } }
schemas: { jsonschema: { base_path: stacks/schemas } }
settings: { list_merge_strategy: replace, experimental: silence }
version: { check: { enabled: false } }
logs: { file: /dev/stderr, level: Info }
`,
    'atmos.d/aliases.yaml': 'aliases: { up: terraform apply }\n',
    'config/auth/keyring.yaml': 'auth: { realm: infra, keyring: { type: file } }\n',
    'config/auth/identities.yaml': `
auth:
  logs: { level: Warning }
  integrations:
    dev/ecr: { kind: aws/ecr, via: { identity: dev } }
  providers:
    Company-SSO:
      kind: aws/iam-identity-center
      region: us-east-2
      start_url: https://company.awsapps.com/start
      auto_provision_identities: true
  identities:
    dev:
      kind: aws/permission-set
      default: true
      via: { provider: company-sso }
      principal: { name: Dev, account: { name: core-dev } }
    Emergency.User:
      kind: aws/user
      credentials: { region: us-east-2, mfa_arn: !env MFA_ARN }
      session: { duration: 12h }
`,
    'profiles/ci/atmos.yaml': `
metadata: { name: CI, tags: [ci] }
auth:
  keyring: { type: memory }
  identities: { dev: !unset }
`,
    'stacks/orgs/acme/dev.yaml': 'vars: { stage: dev }\nimport: [catalog/vpc]\n',
  });
}

describe('a real project', () => {
  it('loads with an auth section, and its other parts are ignored', async () => {
    const project = realProject();
    const config = await project.load({ MFA_ARN: 'arn:aws:iam::1:mfa/me' });
    expect(config).toMatchObject({
      realm: { value: 'infra' },
      keyring: { type: { value: 'file' } },
      logs: { level: { value: 'Warning' }, file: { value: '/dev/stderr' } },
      env: [{ key: 'TF_PLUGIN_CACHE_DIR', value: '/var/cache/terraform' }],
      providers: [{ name: 'Company-SSO', kind: 'aws/iam-identity-center' }],
      identities: [
        {
          name: 'Emergency.User',
          kind: 'aws/user',
          credentials: { region: 'us-east-2', mfa_arn: 'arn:aws:iam::1:mfa/me' },
          session: { duration: '12h' },
        },
        { name: 'dev', kind: 'aws/permission-set', isDefault: true },
      ],
      warnings: [],
      needs: [],
    });
  });

  it('loads with a profile', async () => {
    const config = await realProject().load({ ATMOS_PROFILE: 'ci' });
    expect(config.keyring.type?.value).toBe('memory');
    expect(config.identities.map(({ name }) => name)).toEqual(['Emergency.User']);
    expect(config.warnings).toEqual([]);
  });
});
