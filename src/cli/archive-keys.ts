import { resolve } from 'node:path';
import { archivePassphraseVariable, type ArchiveKeys } from '../app/archive-file.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, KeyringError } from '../core/errors.ts';
import { addOptions, placeholder, setVariable, typed } from '../core/hint.ts';
import { textOf } from '../core/keyring-spec.ts';
import { requireFromHome } from '../host/home.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';

const minBytes = 8;
const tooShort = `The passphrase needs at least ${minBytes} bytes`;
const instead = setVariable(archivePassphraseVariable, typed);

/**
 * The passphrase of a new archive: from its variable, otherwise prompted for twice.
 *
 * @throws ERR_KEYRING_PASSWORD_TOO_SHORT, ERR_NO_TERMINAL
 */
export async function newArchivePassphrase({ host, prompt }: Context): Promise<string> {
  const given = host.env[archivePassphraseVariable];
  if (given) {
    if (isLongEnough(given)) return given;
    throw new KeyringError(
      'ERR_KEYRING_PASSWORD_TOO_SHORT',
      `the passphrase of the archive (from ${archivePassphraseVariable}) needs at least ${minBytes} bytes`,
      { hints: [instead] },
    );
  }
  const passphrase = await prompt.masked({
    message: 'Choose a passphrase for the archive',
    instead,
    fault: (answer) => (isLongEnough(answer) ? undefined : tooShort),
  });
  await prompt.masked({
    message: 'Repeat the passphrase',
    instead,
    takesPasted: true,
    fault: (answer) => (answer === passphrase ? undefined : 'The passphrases are different'),
  });
  return passphrase;
}

/**
 * What opens an archive: the passphrase from its variable, otherwise from a prompt, or the identity
 * file of `--identity-file`, otherwise of the configuration.
 */
export function archiveKeys(
  { host, prompt }: Context,
  { keyring }: AuthPlan,
  values: Invocation['values'],
): ArchiveKeys {
  return {
    async passphrase() {
      const given = host.env[archivePassphraseVariable];
      if (given) return { value: given, source: archivePassphraseVariable };
      const value = await prompt.masked({ message: 'Passphrase of the archive', instead });
      return { value, source: 'the prompt' };
    },
    identityFile() {
      const option = values['identity-file'];
      const file =
        option === undefined
          ? textOf(keyring.spec, 'identity_file')
          : { value: option, source: '--identity-file' };
      if (file === undefined) {
        throw new AtmosError(
          'ERR_USAGE',
          'the archive was encrypted for recipients, and --identity-file is missing',
          { hints: [addOptions(['--identity-file', placeholder('file')])] },
        );
      }
      const { source, tag } = file;
      return { value: resolve(host.workingDirectory(), requireFromHome(file, host)), source, tag };
    },
  };
}

function isLongEnough(passphrase: string): boolean {
  return Buffer.byteLength(passphrase) >= minBytes;
}
