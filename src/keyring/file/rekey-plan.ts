import { AtmosError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import type { RekeyOptions } from '../contract.ts';
import { createDerivation, type Derivation } from './derivation.ts';
import type { Judgement } from './encrypted-directory.ts';
import { judgePassword } from './judge-password.ts';
import { hasParameters, openJwe, parseJwe, type KeyParameters } from './jwe.ts';
import { passwordEntriesOf } from './own-entries.ts';
import { readNewPassword } from './password.ts';
import type { Target } from './reseal.ts';
import type { FileContext } from './settings.ts';
import { createParametersFor, isStrongFor } from './strength.ts';
import { sealVerifier } from './state.ts';

/** A keyring in the state in which its password was checked. */
export interface Place {
  readonly context: FileContext;
  readonly directory: string;
  readonly verifier: string | undefined;
}

/** The passwords that the entries may have, and how they are to be encrypted. */
export interface Plan {
  readonly derivations: readonly Derivation[];
  readonly target: Target;
}

/**
 * Reads the new password, if there is one, and decides how the entries are to be encrypted.
 * Undefined if neither password opens the keyring.
 *
 * @throws ERR_USAGE if both passwords are equal, and errors of reading the new one
 */
export async function planRekey(
  place: Place,
  current: Judgement,
  options: Pick<RekeyOptions, 'newPassword' | 'isDryRun'>,
): Promise<Plan | undefined> {
  const { directory, context, verifier } = place;
  const { newPassword, isDryRun = false } = options;
  if (newPassword === undefined || isDryRun) {
    if (current.kind !== 'right') return undefined;
    // A dry run does not read the new password: it would re-encrypt every entry that opens.
    const kept =
      newPassword === undefined ? current.parameters : createParametersFor(current.derivation);
    const target = await makeTarget(current.derivation, kept, verifier);
    return { derivations: [current.derivation], target };
  }
  const next = createDerivation(await readNewPassword(context, newPassword));
  if (current.kind === 'right') {
    checkOther(current.derivation, next);
    const target = await makeTarget(next, undefined, verifier);
    return { derivations: [current.derivation, next], target };
  }
  const isOwn = passwordEntriesOf(context);
  const verdict = await judgePassword({ directory, host: context.host, isOwn }, verifier, next);
  if (verdict.kind !== 'right') return undefined;
  // The keyring already has the new password: only entries written since with the old one are left.
  const target = await makeTarget(next, verdict.parameters, verifier);
  return { derivations: [next, current.derivation], target };
}

/**
 * Compares the passwords themselves, because comparing keys would need a derivation.
 *
 * @throws ERR_USAGE
 */
function checkOther(current: Derivation, next: Derivation): void {
  const [one, other] = [current.password(), next.password()];
  const isSame = one.equals(other);
  one.fill(0);
  other.fill(0);
  if (!isSame) return;
  throw new AtmosError('ERR_USAGE', 'the new password is the same as the current one', {
    hints: [
      run(
        ['atmos', 'auth', 'keyring', 'rekey', '--upgrade'],
        'to keep the password and use stronger encryption',
      ),
    ],
  });
}

/** @param kept parameters that are kept if they are as strong as our own */
async function makeTarget(
  derivation: Derivation,
  kept: KeyParameters | undefined,
  verifier: string | undefined,
): Promise<Target> {
  const parameters = kept && isStrongFor(derivation, kept) ? kept : createParametersFor(derivation);
  const wrappingKey = await derivation.wrappingKey(parameters);
  const isVerified = verifier !== undefined && isUnder(verifier, parameters, wrappingKey);
  return {
    derivation,
    parameters,
    wrappingKey,
    verifier: isVerified ? verifier : sealVerifier(parameters, wrappingKey),
  };
}

function isUnder(text: string, parameters: KeyParameters, wrappingKey: Buffer): boolean {
  const token = parseJwe(text);
  if ('fault' in token || !hasParameters(token, parameters)) return false;
  return 'plaintext' in openJwe(token, wrappingKey);
}
