import { join } from 'node:path';
import { configOf, keyOnStdin } from '../fixtures.mjs';
import { accessKey, readers } from '../secrets.mjs';

const { ann, ben, cleo } = readers;
const keyringLines = (/** @type {readonly string[]} */ recipients) => `type: file
spec:
  recipients: [${recipients.join(', ')}]
  identity_file: !env AGE_IDENTITY_FILE`;

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const recipients = {
  recipients: {
    title: 'Share a file keyring with readers who have age keys',
    async run(scene) {
      const { atmos, machine, write, writeSecret } = scene;
      /** @param {keyof typeof readers} name of a person with a machine */
      const machineOf = (name) => {
        writeSecret(`../${name}/identity.txt`, `${readers[name].identity}\n`, 0o600);
        return {
          AGE_IDENTITY_FILE: join(machine.home, name, 'identity.txt'),
          ATMOS_XDG_STATE_HOME: join(machine.home, name, 'state'),
          ATMOS_KEYRING_PASSWORD: undefined,
        };
      };
      const [ofAnn, ofBen, ofCleo] = [machineOf('ann'), machineOf('ben'), machineOf('cleo')];
      /** @param {Readonly<Record<string, string | undefined>>} env */
      const configure = (env) =>
        atmos('auth user configure --stdin', { env, input: keyOnStdin(accessKey) });
      const fingerprint = async () => {
        const { stdout } = await atmos('auth keyring recipients list -o json', { env: ofAnn });
        return String(JSON.parse(stdout).fingerprint);
      };
      write('atmos.yaml', configOf(scene, { keyring: keyringLines([ann.recipient, 'age1no']) }));
      await configure(ofAnn);
      const keyring = keyringLines([ann.recipient, ben.recipient]);
      write('atmos.yaml', configOf(scene, { keyring }));
      await atmos('auth keyring recipients list', { env: ofAnn });
      await configure(ofAnn);
      await atmos('auth trust --yes', { env: ofAnn });
      await configure(ofCleo);
      await configure({ ...ofAnn, ATMOS_KEYRING_PASSWORD_FILE: '/run/secrets/password' });
      await configure(ofAnn);
      await atmos('auth keyring recipients list', { env: ofAnn });
      await atmos('auth keyring status', { env: ofAnn });
      await atmos('auth keyring list --long', { env: ofBen });
      await atmos('auth keyring recipients accept', { env: ofBen });
      await atmos(`auth keyring recipients accept --fingerprint ${'0'.repeat(32)}`, { env: ofBen });
      await atmos(`auth keyring recipients accept --fingerprint ${await fingerprint()}`, {
        env: ofBen,
      });
      await atmos('auth keyring recipients accept -o json', { env: ofBen });
      await atmos('auth keyring list --long', { env: ofBen });
      await atmos('auth keyring list --long', { env: ofCleo });
      await atmos('auth keyring recipients add ssh-ed25519', { env: ofAnn });
      await atmos(`auth keyring recipients add ${cleo.recipient.replace('706', '707')}`, {
        env: ofAnn,
      });
      await atmos(`auth keyring recipients add ${cleo.recipient}`, { env: ofAnn });
      await atmos(`auth keyring recipients add ${cleo.recipient} -o json`, { env: ofAnn });
      await atmos('auth keyring recipients list', { env: ofBen });
      await atmos('auth keyring rekey --stdin', { env: ofAnn, input: 'another password' });
      await atmos('auth keyring unlock --reveal', { env: ofAnn });
      await atmos('auth keyring unlock --print-password', { env: ofAnn });
      await atmos('auth keyring unlock --print-password --reveal --ttl 1h', { env: ofAnn });
      await atmos('auth keyring unlock --print-password --reveal', {
        env: ofAnn,
        showsSecrets: true,
      });
      await atmos(`auth keyring recipients remove ${cleo.recipient}`, { env: ofAnn });
      await atmos(`auth keyring recipients remove ${cleo.recipient}`, { env: ofAnn });
      await atmos('auth keyring list --long', { env: ofBen });
      await atmos(`auth keyring recipients accept --fingerprint ${await fingerprint()}`, {
        env: ofBen,
      });
      await atmos(`auth keyring recipients remove ${ann.recipient} -o json`, { env: ofBen });
      await atmos('auth keyring list --long', { env: ofAnn });
      await atmos(`auth keyring recipients remove ${ben.recipient}`, { env: ofBen });
      await atmos('auth keyring list --long', { env: ofBen });
      await atmos('auth keyring doctor', { env: ofBen });
    },
  },
};
