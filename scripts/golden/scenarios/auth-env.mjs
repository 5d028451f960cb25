import { configOf, keyVariables, memory, startWithKey } from '../fixtures.mjs';

const formats = ['bash', 'fish', 'powershell', 'cmd', 'dotenv', 'env', 'json', 'github'];

/** Values that a shell would evaluate without quotes. */
const identity = `credentials: { region: eu-central-1 }
env:
  - { key: TF_VAR_quotes, value: "it's \\"$HOME\\" \`x\` %PATH% !" }
  - { key: TF_VAR_empty, value: '' }
`;

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const authEnv = {
  'env-process': {
    title: 'env in every format: a profile that asks for the credentials',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene, { identity }));
      write(
        'atmos-plain.yaml',
        configOf(scene, { identity: 'credentials: { region: eu-west-1 }' }),
      );
      await atmos('auth env');
      for (const format of formats) {
        const env = { GITHUB_ENV: `github-${format}` };
        await atmos(`auth env --format ${format}`, { env });
        await atmos(`auth env --config atmos-plain.yaml -f ${format}`, { env });
      }
      await atmos('auth env -f github');
      await atmos('auth env -o credentials.sh');
      await atmos('auth env -f dotenv -o missing/credentials.env');
      await atmos('auth env -f json -o credentials.json', { env: { AWS_PROFILE: 'work' } });
      await atmos('auth env -i off');
      await atmos('auth env --config-path . --profile missing');
    },
  },
  'env-unset': {
    title: 'env --unset in every format: what an earlier env has set',
    async run(scene) {
      const { atmos } = scene;
      const env = {
        ATMOS_AUTH_ENV_SET: 'ATMOS_IDENTITY,AWS_PROFILE,TF_VAR_a',
        ATMOS_IDENTITY: 'ops',
        AWS_PROFILE: 'ops',
        AWS_REGION: 'eu-west-1',
        GITHUB_ENV: 'github-env',
      };
      for (const format of formats) await atmos(`auth env --unset -f ${format}`, { env });
      await atmos('auth env --unset');
      await atmos('auth env --unset --output-file unset.sh', { env });
      await atmos('auth env --unset -i ops', { env });
    },
  },
  'aws-config': {
    title: 'aws-config: one profile for each identity in ~/.aws/config',
    async run(scene) {
      const { atmos, write } = scene;
      const more = `    deploy: { kind: aws/user, credentials: { region: eu-west-1 } }
    admin: { kind: gcp/project }
`;
      write('atmos.yaml', configOf(scene, { identity, more }));
      write('../.aws/config', '# mine\r\n[default]\r\nregion = eu-west-3');
      await atmos('auth aws-config');
      await atmos('auth aws-config --print');
      await atmos('auth aws-config --write');
      await atmos('auth aws-config --write');
      await atmos('auth env');
      await atmos('auth aws-config --write --identities deploy --prefix work- -o json');
      await atmos('auth env -i deploy');
      await atmos('auth aws-config --write --identities admin');
      await atmos('auth aws-config --write --identities missing*');
      await atmos('auth aws-config --remove');
      await atmos('auth aws-config --remove --output json');
      write('../.aws/config', '# >>> atmos auth aws-config: realm golden >>>\n[profile deploy]\n');
      await atmos('auth aws-config --write');
    },
  },
  'env-credentials': {
    title: 'env in every format: the session itself',
    async run(scene) {
      const { atmos, write } = scene;
      const simple = memory.identity;
      write(
        'atmos.yaml',
        configOf(scene, { ...memory, identity: `${simple}session: { duration: 1h }` }),
      );
      for (const format of formats) {
        await atmos(`auth env --credentials env -f ${format}`, {
          env: { ...keyVariables, GITHUB_ENV: 'github-env' },
          showsSecrets: true,
        });
      }
      await atmos('auth env --credentials env -o credentials.sh', {
        env: keyVariables,
        showsSecrets: true,
      });
      await atmos('auth env', { env: keyVariables });
      await atmos('auth env --credentials env');
    },
  },
  'env-errors': {
    title: 'env without what it needs',
    async run(scene) {
      const { atmos } = scene;
      await startWithKey(scene);
      await atmos('auth env --credentials env', { env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos('auth env', { env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos('auth env --credentials env -i missing');
      await atmos('auth env -f tcsh');
      await atmos('auth env --credentials process --mfa-token 123456');
      await atmos('auth env --login');
      await atmos('auth env --region Frankfurt');
      await atmos('auth env --min-validity soon');
    },
  },
};
