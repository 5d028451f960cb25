// The atmos.yaml files of the benchmark: each has the default identity and thirty others.

/** @import { StandIns } from './stand-ins.mjs' */

const others = Array.from(
  { length: 30 },
  (_, at) => `    account-${at}:
      kind: aws/user
      credentials:
        region: eu-central-1
      session:
        duration: 8h
`,
).join('');

/**
 * 190 lines.
 *
 * @param {StandIns} standIns
 * @param {string} keyringType
 */
export function userConfig({ stsUrl }, keyringType) {
  return `auth:
  realm: bench
  keyring:
    type: ${keyringType}
  identities:
    bench:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${stsUrl}
${others}`;
}

/**
 * Files by path: an atmos.yaml with two imports and a profile. A tag is resolved if `realm` has one.
 *
 * @param {StandIns} standIns
 * @param {string} realm
 */
export function composedFiles({ stsUrl }, realm) {
  return {
    'atmos.yaml': `import:
  - config/keyring.yaml
  - config/accounts.yaml
logs:
  level: Warning
env:
  STAGE: dev
auth:
  realm: ${realm}
  identities:
    bench:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${stsUrl}
${others}`,
    'config/keyring.yaml': `auth:
  keyring:
    type: file
`,
    'config/accounts.yaml': `auth:
  identities:
    imported:
      kind: aws/user
      credentials:
        region: eu-west-1
`,
    'profiles/ci/auth.yaml': `auth:
  identities:
    bench:
      session:
        duration: 1h
`,
  };
}

/**
 * A role that the user `bench` assumes.
 *
 * @param {StandIns} standIns
 * @param {string} roleArn
 */
export function roleConfig({ stsUrl }, roleArn) {
  return `auth:
  realm: bench
  keyring:
    type: file
  identities:
    role:
      kind: aws/assume-role
      default: true
      via:
        identity: bench
      spec:
        endpoint_url: ${stsUrl}
      principal:
        assume_role: ${roleArn}
    bench:
      kind: aws/user
      spec:
        endpoint_url: ${stsUrl}
${others}`;
}

/**
 * A permission set. Its endpoints are in variables: in a project's file they would need trust, which
 * the configurations of users do not need.
 *
 * @param {StandIns} standIns
 */
export function permissionSetConfig({ startUrl }) {
  return `auth:
  realm: bench
  keyring:
    type: file
  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: ${startUrl}
      region: eu-west-1
  identities:
    dev:
      kind: aws/permission-set
      default: true
      via:
        provider: corp
      principal:
        name: ReadOnly
        account:
          id: "111111111111"
${others}`;
}

/** 2,000 identities in one file. Completion reads no session, so they need no stand-in. */
export function manyIdentities() {
  const identities = Array.from(
    { length: 2000 },
    (_, at) => `    account-${at}:
      kind: aws/permission-set
      via:
        provider: corp
      principal:
        name: admin
        account:
          id: "${100_000_000_000 + at}"
`,
  );
  return `auth:
  realm: bench
  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: https://corp.awsapps.com/start
      region: eu-central-1
  identities:
${identities.join('')}`;
}
