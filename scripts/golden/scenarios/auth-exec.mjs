import { configOf, keyVariables, memory, startWithKey } from '../fixtures.mjs';

const show = [
  'auth',
  'exec',
  '--',
  'sh',
  '-c',
  'env | grep -E "^(AWS|ATMOS|GOLDEN|TF)_" | sort; echo "arguments: $*"',
  'sh',
  'one',
  'two words',
];

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const authExec = {
  exec: {
    title: 'Programs with a session of the memory keyring',
    async run(scene) {
      const { atmos, write, shell } = scene;
      write(
        'atmos.yaml',
        configOf(scene, {
          ...memory,
          identity: `${memory.identity}env:\n  - { key: TF_VAR_identity, value: mine }\n`,
          more: 'env:\n  TF_IN_AUTOMATION: "true"\n  TF_VAR_identity: project\n  LD_PRELOAD: x.so\n',
        }),
      );
      const env = { ...keyVariables, AWS_PROFILE: 'work', ATMOS_MFA_TOKEN: '123456' };
      await atmos(show, { env, showsSecrets: true });
      await atmos(['auth', 'exec', '--', 'sh', '-c', 'cat; exit 7'], {
        env,
        input: 'from stdin\n',
      });
      await atmos(['auth', 'exec', '--', 'sh', '-c', 'kill -9 $$'], { env });
      await atmos(['auth', 'exec', '--', 'sh', '-c', 'kill -TERM $$'], { env });
      await atmos('auth exec -- no-such-program', { env });
      write('not-executable', 'text\n');
      await atmos('auth exec -- ./not-executable', { env });
      await atmos('auth exec -- true');
      await atmos('auth exec --credentials env -- true', { env });
      await atmos('auth exec --credentials process -- true', { env });
      await atmos('auth exec --frobnicate 1h -- true', { env });
      await atmos('auth exec --min-validity 11h --region eu-west-3 -- printenv AWS_REGION', {
        env,
      });
      await atmos('auth exec --min-validity 2d -- true', { env });
      await atmos('auth exec --region Frankfurt -- true', { env });
      await shell('atmos auth exec -- atmos auth whoami; echo "nested: $?"', { env });
      write('atmos.yaml', configOf(scene, { ...memory, more: 'env: { GOLDEN_STAGE: prod }\n' }));
      await atmos('auth exec -- true', { env });
    },
  },
  'exec-process': {
    title: 'Programs with a profile that asks for the session',
    async run(scene) {
      const { atmos, writeSecret, machine } = scene;
      await startWithKey(scene, { keyring: 'type: file\nspec: { password_file: ../password }' });
      writeSecret('../password', `${machine.env['ATMOS_KEYRING_PASSWORD']}\n`, 0o600);
      const env = { ATMOS_KEYRING_PASSWORD: undefined };
      await atmos(show, { env, showsSecrets: true });
      await atmos(show.toSpliced(2, 0, '--credentials', 'process'), { env });
      await atmos('auth exec --credentials process -- true');
      await atmos('auth exec -- true', { env: { ...env, ATMOS_KEYRING_PASSWORD_FILE: 'missing' } });
    },
  },
};
