// Chains: list, login --plan, login --tags, and the shell.
import { startWithKey } from '../fixtures.mjs';
import { roleArn } from '../machine.mjs';
import { mfaCodes } from '../secrets.mjs';

/** @import { Scene } from '../record.mjs' */

/**
 * A project with a chain of three links.
 *
 * @param {Scene} scene
 * @param {string} [more] lines of YAML for identities and providers
 */
async function startWithChain(scene, more = '') {
  const spec = `spec: { endpoint_url: ${scene.machine.sts.url} }`;
  await startWithKey(scene, {
    identity: 'tags: [human]',
    more: `    hub:
      kind: aws/assume-role
      via: { identity: emergency-user }
      principal: { assume_role: '${roleArn('hub')}', duration: 2h }
      ${spec}
    leaf:
      kind: aws/assume-role
      alias: l
      tags: [production]
      via: { identity: hub }
      principal: { assume_role: '${roleArn('leaf')}' }
      ${spec}
${more}`,
  });
}

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const chains = {
  list: {
    title: 'What is configured, in every format',
    async run(scene) {
      const { atmos, advance } = scene;
      await startWithChain(
        scene,
        `    lost: { kind: aws/assume-role, via: { identity: gone } }
    loop: { kind: aws/assume-role, via: { identity: loop } }
    'odd "name"]|<b>': { kind: aws/user }
  providers:
    portal: { kind: aws/iam-identity-center, region: eu-west-1, start_url: 'https://x.example', default: true }
`,
      );
      await atmos('auth login -i leaf');
      advance(1.5);
      const formats = [
        'tree',
        'table',
        'json',
        'yaml',
        'mermaid',
        'graphviz',
        'markdown',
        'dot',
        'md',
      ];
      for (const format of formats) await atmos(`auth list -o ${format}`);
      await atmos('auth list -f tree', { env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos('auth list --identities');
      await atmos('auth list --identities leaf,hub -f table');
      await atmos('auth list --providers');
      await atmos('auth list --providers=portal --identities');
      await atmos('auth list --identities leafs');
      await atmos('auth list --tags production,human');
    },
  },
  'login-plan': {
    title: 'What a login would open, and login by tags',
    async run(scene) {
      const { atmos, advance } = scene;
      await startWithChain(scene);
      await atmos('auth login -i leaf --plan');
      await atmos('auth login -i leaf');
      await atmos('auth login -i leaf --plan');
      advance(1.5);
      await atmos('auth login -i leaf --plan');
      await atmos('auth login -i leaf --plan -o json');
      await atmos('auth login -i leaf --plan', { env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos('auth login --output json');
      await atmos('auth login --tags production,human');
      await atmos('auth login --tags prod');
    },
  },
  shell: {
    title: 'A shell with the credentials of an identity',
    async run(scene) {
      const { atmos } = scene;
      await startWithChain(scene);
      const env = { SHELL: '/bin/sh' };
      await atmos('auth shell', { env, input: 'exit 3\n' });
      const words = ['-c', 'echo "$ATMOS_IDENTITY $ATMOS_SHLVL $AWS_REGION"; exit 4'];
      await atmos(['auth', 'shell', '-i', 'leaf', '--region', 'eu-west-3', '--', ...words], {
        env,
      });
      await atmos(['auth', 'shell', '--shell', 'sh', '--credentials', 'env', '--', ...words], {
        env: { ATMOS_SHLVL: '1' },
      });
      await atmos(`auth shell --credentials process --mfa-token ${mfaCodes[0]}`, { env });
      await atmos('auth shell --min-validity 37h', { env });
      await atmos('auth shell --shell no-such-shell', { env });
      await atmos('auth shell sh', { env });
    },
  },
};
