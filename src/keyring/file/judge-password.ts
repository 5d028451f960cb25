import { KeyringError } from '../../core/errors.ts';
import { removeFile } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import type { Derivation } from './derivation.ts';
import { listKeys } from './directory.ts';
import { derivationWork, opensKey, parametersName, parseJwe, type KeyParameters } from './jwe.ts';
import { statePaths } from './state.ts';
import { surveyEntries, type Candidate, type Survey } from './survey.ts';
import { damaged } from './torn.ts';

// What may be spent on files whose keys would have to be derived one by one, before a password is
// called wrong: the derivations, and their work in derivations of our own strength.
const maxDerivations = 16;
const maxWork = 4;

export interface Reader {
  readonly directory: string;
  readonly host: Host;
  /** Whether the entry of a key says what the password is. */
  isOwn(key: string): boolean;
}

/**
 * What a password turns out to be for a keyring, and what it was proved with: the parameters, and
 * unless the verifier opened, the file of the entry that did. `untried`: how many files that may be
 * entries it was not tried on.
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
 * Tries a password on the verifier, and where that does not open on our own entries: the verifier is
 * only a hint, for it may be older than the entries it came back with from a backup. Then most entries
 * must open: a few under another password are what Atmos still writes after a rekey. Entries of other
 * programs say nothing, since they may be under a password of their own; a directory with neither a
 * verifier nor an entry of ours is a new keyring.
 *
 * @throws ERR_KEYRING_DAMAGED, and the fault of an entry of our own, where nothing else decides
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
 * That a password which opens the verifier opens an entry of ours too, where there are any: a `.state` that
 * came back from before a change of the password still goes with the old one, under which nothing may
 * be written any more.
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
    `the password opens ${verifier}, but none of the entries beside it${untried}: one of the two came back from another time`,
    {
      hints: [
        removeFile(
          verifier,
          'if the entries are newer, since their password opens them without it',
        ),
      ],
    },
  );
}

/** Whether there is an entry of ours that a password could be tried on, or that cannot be read now. */
export async function hasOwnEntries(reader: Reader): Promise<boolean> {
  const survey = await surveyEntries(reader, ownKeys(reader), () => true);
  return survey.enough !== undefined || unreadable(survey) !== undefined;
}

function ownKeys({ directory, host, isOwn }: Reader): string[] {
  return listKeys(directory, host).filter(isOwn);
}

/** The first fault that does not come from the content: the file may be an entry. */
function unreadable({ faults }: Survey): KeyringError | undefined {
  return [...faults.values()].find(({ code }) => code !== 'ERR_KEYRING_DAMAGED');
}

/**
 * An entry whose content key unwraps proves the password. Entries under a key that is derived already
 * cost nothing, and one derivation serves all that share a salt, as ours do; so files that were only
 * put there can neither make this long nor get between a password and our entries.
 *
 * @param needed how many entries must open: one, or more than those that do not
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

/** Those that the password opens. */
async function openedBy(group: readonly Candidate[], derivation: Derivation): Promise<Candidate[]> {
  const open: Candidate[] = [];
  for (const candidate of group) {
    if (opensKey(candidate, await derivation.wrappingKey(candidate.parameters)))
      open.push(candidate);
  }
  return open;
}

/** By the key that opens them; first those with most entries, then the cheapest. */
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
