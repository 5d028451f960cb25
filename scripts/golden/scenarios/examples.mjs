// The five examples: each commands.sh on a machine as the example describes it.
import { createExamples, prepareExample } from '../../example-machines.mjs';
import { accessKey, mfaCodes, password } from '../secrets.mjs';

/** @import { Scenario } from '../record.mjs' */

const machines = createExamples({ key: accessKey, password, mfaCode: mfaCodes[0] ?? '' });

/** @type {Readonly<Record<string, Scenario>>} */
export const examples = Object.fromEntries(
  Object.entries(machines).map(([name, { identity, hasDesktop = false, env }]) => [
    `example-${name}`,
    {
      title: `examples/${name}`,
      hasMfa: true,
      async run({ machine, shell, prepare }) {
        let variables = {};
        prepare(() => {
          prepareExample(name, machine, { key: accessKey, identity, endpoint: machine.sts.url });
          variables = env?.(machine) ?? {};
        });
        // The file keyring replaces that of the desktop.
        const desktop = hasDesktop
          ? { ATMOS_KEYRING_TYPE: 'file' }
          : { ATMOS_KEYRING_PASSWORD: undefined };
        await shell('exec sh -ev commands.sh 2>&1', {
          env: { ...desktop, ...variables },
          // The example `ci` writes the session to the file that GITHUB_ENV names.
          showsSecrets: name === 'ci',
        });
      },
    },
  ]),
);
