import { existsSync } from 'node:fs';
import { KeyringError } from '../../core/errors.ts';
import { removeFile, say } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import type { Derivation } from './derivation.ts';
import { listKeys } from './directory.ts';
import { derivationWork, opensKey, parametersName, parseJwe, type KeyParameters } from './jwe.ts';
import { statePaths } from './state.ts';
import { surveyEntries, type Candidate, type Survey } from './survey.ts';
import { damaged } from './torn.ts';

// Limits for files that need a key derivation each, before a password is called wrong: the number
// of derivations, and their work, measured in derivations with our own parameters.
const maxDerivations = 16;
const maxWork = 4;

export interface Reader {
  readonly directory: string;
  readonly host: Host;
  /** Whether the entry is our own, so that it is encrypted with the keyring's password. */
  isOwn(key: string): boolean;
}

/**
 * The result for a password, and what proved it: the parameters and, unless it was the verifier,
 * the file of the entry. `untried`: number of files that may be entries and were not tried.
 */
export type Verdict =
  | {
      readonly kind: 'right';
      readonly parameters: KeyParameters;
      readonly entry?: string;
      readonly stamp?: string;
    }
  | { readonly kind: 'wrong'; readonly untried: number }
  | { readonly kind: 'new' };

/**
 * Tries a password on the verifier and, if that fails, on our own entries: after a restore from a
 * backup, the verifier may be older than the entries. Then most entries must open, because Atmos
 * keeps writing a few entries with the old password after a rekey. Entries of other programs are
 * not used, since they may have other passwords. A directory without verifier and own entries is a
 * new keyring.
 *
 * @throws ERR_KEYRING_DAMAGED, or the error of one of our own entries, if no entry decides
 */
export async function judgePassword(
  reader: Reader,
  verifier: string | undefined,
  derivation: Derivation,
): Promise<Verdict> {
  const token = verifier === undefined ? undefined : parseJwe(verifier);
  const isWhole = token !== undefined && !('fault' in token);
  if (isWhole && opensKey(token, await derivation.wrappingKey(token.parameters)))
    return { kind: 'right', parameters: token.parameters };
  const proof = await proveByEntries(reader, derivation, isWhole ? 'most' : 'one');
  if (proof.kind !== 'none') return proof;
  if (token === undefined) return { kind: 'new' };
  if (!isWhole) throw damaged(statePaths(reader.directory).verifier, token.fault);
  return { kind: 'wrong', untried: 0 };
}

/**
 * Checks that a password which opens the verifier also opens one of our own entries, if any exist.
 * A `.state` that was restored from before a password change still has the old password, which must
 * not be used for new entries.
 *
 * @throws ERR_KEYRING_DAMAGED
 */
export async function checkBesideEntries(reader: Reader, derivation: Derivation): Promise<void> {
  const proof = await proveByEntries(reader, derivation, 'one');
  if (proof.kind !== 'wrong') return;
  const { verifier } = statePaths(reader.directory);
  const untried = proof.untried === 0 ? '' : ` (${proof.untried} of them were not tried)`;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the password opens ${verifier} but none of the entries${untried}: the file or the entries were restored from a backup`,
    {
      hints: [
        removeFile(
          verifier,
          'if the entries are newer: their password opens them without this file',
        ),
      ],
    },
  );
}

/**
 * Checks that the secret of a keyring with readers opens the verifier, if one exists, and not only the
 * entries. Another verifier may be the first file that a synchronizer brings of a removal: what is then
 * written with the secret of before could be read by the removed reader only.
 *
 * @param verdict of {@link judgePassword} for this verifier
 * @throws ERR_KEYRING_DAMAGED
 */
export function checkOpensVerifier(
  directory: string,
  verifier: string | undefined,
  verdict: Verdict,
): void {
  const paths = statePaths(directory);
  const isByEntry = verdict.kind === 'right' && verdict.entry !== undefined;
  if (!isByEntry || verifier === undefined || !existsSync(paths.secret)) return;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the secret of the keyring ${directory} opens its entries but not ${paths.verifier}: that file belongs to another secret, or to an earlier state of the keyring`,
    {
      hints: [
        say('wait until the directory is synchronized'),
        removeFile(
          paths.verifier,
          'only if it was restored from a backup: the next write creates it again',
        ),
      ],
    },
  );
}

/** Whether an own entry exists on which a password can be tried, or which cannot be read now. */
export async function hasOwnEntries(reader: Reader): Promise<boolean> {
  const survey = await surveyEntries(reader, ownKeys(reader), () => true);
  return survey.enough !== undefined || unreadable(survey) !== undefined;
}

function ownKeys({ directory, host, isOwn }: Reader): string[] {
  return listKeys(directory, host).filter(isOwn);
}

/** The first error that does not concern the content: that file may be an entry. */
function unreadable({ faults }: Survey): KeyringError | undefined {
  return [...faults.values()].find(({ code }) => code !== 'ERR_KEYRING_DAMAGED');
}

/**
 * An entry whose content key unwraps proves the password. Entries with an already derived key cost
 * nothing, and one derivation is enough for all entries with the same salt, as our own have.
 * Therefore foreign files can neither delay this nor keep a password from being tried on our
 * entries.
 *
 * @param needed number of entries that must open: one, or more than the number that do not open
 */
async function proveByEntries(
  reader: Reader,
  derivation: Derivation,
  needed: 'one' | 'most',
): Promise<Exclude<Verdict, { kind: 'new' }> | { readonly kind: 'none' }> {
  const survey = await surveyEntries(
    reader,
    ownKeys(reader),
    async (candidate) =>
      needed === 'one' &&
      derivation.isDerived(candidate.parameters) &&
      (await openedBy([candidate], derivation)).length > 0,
  );
  if (survey.enough) return provedBy(survey.enough);
  const enough = needed === 'one' ? 1 : Math.floor(survey.candidates.length / 2) + 1;
  let [derivations, work, untried] = [0, 0, 0];
  const open: Candidate[] = [];
  for (const group of groupsOf(survey.candidates)) {
    const { parameters } = group[0];
    if (!derivation.isDerived(parameters)) {
      const more = derivationWork(parameters);
      if (derivations === maxDerivations || work + more > maxWork) {
        untried += group.length;
        continue;
      }
      derivations++;
      work += more;
    }
    open.push(...(await openedBy(group, derivation)));
    const last = open.at(-1);
    if (last !== undefined && open.length >= enough) return provedBy(last);
  }
  if (survey.candidates.length > 0) return { kind: 'wrong', untried };
  const fault = unreadable(survey);
  if (fault !== undefined) throw fault;
  return { kind: 'none' };
}

function provedBy({ parameters, path, stamp }: Candidate): Verdict & { kind: 'right' } {
  return { kind: 'right', parameters, entry: path, stamp };
}

type Group = [Candidate, ...Candidate[]];

/** The candidates that the password opens. */
async function openedBy(group: readonly Candidate[], derivation: Derivation): Promise<Candidate[]> {
  const open: Candidate[] = [];
  for (const candidate of group) {
    if (opensKey(candidate, await derivation.wrappingKey(candidate.parameters)))
      open.push(candidate);
  }
  return open;
}

/** Groups by the key that opens them; the largest groups first, then the cheapest. */
function groupsOf(candidates: readonly Candidate[]): Group[] {
  const groups = new Map<string, Group>();
  for (const candidate of candidates) {
    const name = parametersName(candidate.parameters);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [candidate]);
    else group.push(candidate);
  }
  const work = ([{ parameters }]: Group) => derivationWork(parameters);
  return [...groups.values()].sort((a, b) => b.length - a.length || work(a) - work(b));
}
