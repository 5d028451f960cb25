// Measures the built program against `node -e 0` on the same machine: medians of alternating runs.
// Needs `npm run build`. It has no pass or fail result.
//
//   npm run bench:startup [-- RUNS] default 25, at least 15
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measure, printRatios } from './measure.mjs';
import { benchConfigOf, prepareProject, program } from './project.mjs';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bench-')));
const project = join(home, 'project');
const composed = join(home, 'composed');
const tagged = join(home, 'tagged');
// Without NODE_EXTRA_CA_CERTS, because Node 20 would load certificates at every start.
const env = {
  PATH: process.env['PATH'],
  HOME: home,
  ATMOS_KEYRING_PASSWORD: 'a test password',
};

/** The imported files and the profile of the 200-line configuration. */
const files = {
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

/** The rounds and the hash with which the file keyring derives its encryption key. */
const derivation = "require('node:crypto').pbkdf2Sync('password', 'salt', 600_000, 32, 'sha512')";

/**
 * The last two are for comparison with each other.
 *
 * @type {readonly import('./measure.mjs').Candidate[]}
 */
const candidates = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'help', args: [program, '--help'], bound: 1.4 },
  { name: 'version', args: [program, 'version'], bound: 1.4 },
  { name: 'env', args: [program, 'auth', 'env'], bound: 1.7 },
  { name: 'env, 200 lines, two imports, a profile', args: envIn(composed), bound: 1.7 },
  { name: 'the same with a tag in it', args: envIn(tagged) },
  { name: 'credential-process, file keyring', args: [program, 'auth', 'credential-process'] },
  { name: 'node -e, one key derivation', args: ['-e', derivation] },
];

try {
  await prepareProject({
    directory: project,
    env,
    configOf: (endpoint) => crowdedConfigOf(endpoint, 32),
  });
  await prepareProject({ directory: composed, env, configOf: composedConfigOf, files });
  const withTag = (/** @type {string} */ endpoint) =>
    composedConfigOf(endpoint).replace('realm: composed', 'realm: !env REALM composed');
  await prepareProject({ directory: tagged, env, configOf: withTag, files });
  const medians = measure(candidates, { cwd: project, env });
  const [base = 0] = medians;
  const [asked = 0, derived = 0] = medians.slice(-2);
  printRatios([
    ...candidates.map(({ name, bound }, at) => ({ name, median: medians[at] ?? 0, bound })),
    { name: 'credential-process without the derivation', median: asked - derived + base },
  ]);
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** @param {string} directory */
function envIn(directory) {
  return [program, '-C', directory, 'auth', 'env', '--profile', 'ci'];
}

/**
 * @param {string} endpoint
 * @param {number} others
 */
function crowdedConfigOf(endpoint, others) {
  const accounts = Array.from(
    { length: others },
    (_, at) => `    account-${at}:
      kind: aws/user
      credentials:
        region: eu-central-1
      session:
        duration: 8h
`,
  );
  return `${benchConfigOf({ type: 'file', endpoint })}${accounts.join('')}`;
}

/**
 * 200 lines.
 *
 * @param {string} endpoint
 */
function composedConfigOf(endpoint) {
  const head = `# Who we are in the cloud.
import:
  - config/keyring.yaml
  - config/accounts.yaml
logs:
  level: Warning
env:
  STAGE: dev
auth:
  realm: composed
`;
  // Without its first lines, auth and realm.
  const [, , ...rest] = crowdedConfigOf(endpoint, 30).split(/(?<=\n)/);
  return `${head}${rest.join('')}${'# Nothing more.\n'.repeat(200 - 10 - rest.length)}`;
}
