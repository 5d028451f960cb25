import { openDesk, storedKey, user, type Desk, type DeskOptions } from './desk.ts';

export const arnOf = (role: string) => `arn:aws:iam::${user.account}:role/${role}`;

/** The roles of the chain, each of which trusts the link before it. */
const roles = [
  {
    arn: arnOf('hub'),
    trust: [{ principal: `arn:aws:iam::${user.account}:user/ada` }],
    maxSessionSeconds: 43_200,
  },
  { arn: arnOf('leaf'), trust: [{ principal: arnOf('hub') }] },
];

/**
 * A desk with the chain `dev` (aws/user) → `hub` → `leaf` (the default). `more` are lines of YAML
 * below `auth:`, and `leaf` below the identity leaf.
 */
export async function openChainDesk(options: DeskOptions = {}): Promise<Desk> {
  const desk = await openDesk({ entries: storedKey, roles, ...options });
  desk.configure(chainYaml(desk));
  return desk;
}

export function chainYaml(
  { sts }: Pick<Desk, 'sts'>,
  { keyring = 'type: file', leaf = '', identities = '', more = '' } = {},
): string {
  const spec = `spec: { endpoint_url: '${sts.url}' }`;
  return `auth:
  realm: r
  keyring: { ${keyring} }
  identities:
    dev:
      kind: aws/user
      tags: [human, all]
      ${spec}
    hub:
      kind: aws/assume-role
      via: { identity: dev }
      tags: [all]
      principal: { assume_role: '${arnOf('hub')}', duration: 1h }
      ${spec}
    leaf:
      kind: aws/assume-role
      default: true
      alias: l
      via: { identity: hub }
      tags: [production, all]
      principal: { assume_role: '${arnOf('leaf')}' }
      ${spec}
${leaf}${identities}${more}`;
}
