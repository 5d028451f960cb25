import { configOf, keyOnStdin, memory } from '../fixtures.mjs';
import { accessKey, password, secondKey, unknownKey } from '../secrets.mjs';

const configure = 'auth user configure --stdin';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const userConfigure = {
  'user-configure': {
    title: 'Store an access key',
    async run(scene) {
      const { atmos, write, writeSecret } = scene;
      write('atmos.yaml', configOf(scene));
      await atmos('auth user configure');
      await atmos(configure, { input: keyOnStdin(accessKey) });
      await atmos(`${configure} --verify`, { input: keyOnStdin(secondKey) });
      await atmos(`${configure} --verify`, { input: keyOnStdin(unknownKey) });
      await atmos(
        `${configure} --mfa-arn arn:aws:iam::123456789012:mfa/device --session-duration 2h`,
        { input: keyOnStdin(accessKey) },
      );
      await atmos(configure, {
        input: JSON.stringify({
          AccessKey: {
            UserName: 'emergency',
            AccessKeyId: accessKey.accessKeyId,
            Status: 'Active',
            SecretAccessKey: accessKey.secretAccessKey,
          },
        }),
      });
      writeSecret(
        '../.aws/credentials',
        `[work]\naws_access_key_id = ${accessKey.accessKeyId}\naws_secret_access_key = ${accessKey.secretAccessKey}\n`,
        0o600,
      );
      await atmos('auth user configure --from-aws-profile work');
      await atmos('auth user configure --from-aws-profile wrk');
      await atmos('auth keyring list');
    },
  },
  'user-configure-refused': {
    title: 'Access keys that are not stored',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene));
      for (const input of [
        '',
        'no JSON',
        '{}',
        keyOnStdin({ accessKeyId: 'ASIAGOLDENSESSION01A', secretAccessKey: 'x'.repeat(40) }),
        keyOnStdin({ accessKeyId: 'x'.repeat(40), secretAccessKey: accessKey.accessKeyId }),
        keyOnStdin({ accessKeyId: accessKey.accessKeyId, secretAccessKey: 'short' }),
        JSON.stringify({
          access_key_id: accessKey.accessKeyId,
          secret_access_key: 'x'.repeat(40),
          mfa_arn: 'device',
        }),
      ]) {
        await atmos(configure, { input });
      }
      const input = keyOnStdin(accessKey);
      await atmos(`${configure} --from-aws-profile work`, { input });
      await atmos(`${configure} --session-duration never`, { input });
      await atmos(`${configure} --mfa-arn ${accessKey.accessKeyId}`, { input });
      await atmos(configure, { input, env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos(configure, { input, env: { ATMOS_KEYRING_PASSWORD: 'short' } });
      await atmos(configure, { input, env: { ATMOS_KEYRING_PASSWORD: '' } });
      const missing = {
        ATMOS_KEYRING_PASSWORD: undefined,
        ATMOS_KEYRING_PASSWORD_FILE: '/missing',
      };
      await atmos(configure, { input, env: missing });
      await atmos(configure, { input, env: { ATMOS_KEYRING_TYPE: 'flie' } });
      write('atmos.yaml', configOf(scene, memory));
      await atmos(configure, { input });
      write(
        'atmos.yaml',
        configOf(scene, { keyring: 'type: file\nspec: { password_env: OTHER_PASSWORD }' }),
      );
      await atmos(configure, { input });
      await atmos(configure, { input, env: { OTHER_PASSWORD: password } });
    },
  },
};
