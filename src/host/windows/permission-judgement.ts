import { run } from '../../core/hint.ts';
import type { Permissions } from '../permission-judgement.ts';
import type { Grant, SecurityDescriptor } from './security-descriptor.ts';

const system = 'S-1-5-18';
const administrators = 'S-1-5-32-544';
const trustedInstaller = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';

// Only for messages. Commands use the identifiers, because the names are translated on localized
// systems.
const wellKnown: Readonly<Record<string, string>> = {
  'S-1-1-0': 'Everyone',
  'S-1-5-7': 'Anonymous',
  'S-1-5-11': 'Authenticated Users',
  'S-1-5-32-545': 'Users',
  'S-1-5-32-546': 'Guests',
  'S-1-15-2-1': 'All Application Packages',
};

/**
 * Stands for the current owner of the file. The owner may do everything anyway and is
 * checked separately.
 */
const ownerRights = 'S-1-3-4';
/** Placeholders that grant nothing on the object itself. */
const creators = ['S-1-3-0', 'S-1-3-1'];

const generic = { all: 0x10000000, write: 0x40000000, read: 0x80000000 } as const;
const deleting = 0x10000;
const taking = 0x40000 | 0x80000;
const deletingChildren = 0x40;
const reading = 0x1;
const writing = 0x2 | 0x4 | 0x10;
/** Permission to write data or attributes is sufficient to redirect a link. */
const redirecting = 0x2 | 0x100 | generic.write;

export interface Judged {
  readonly path: string;
  readonly isDirectory: boolean;
  /** Whether it is the root of a drive or share, which can be neither deleted nor renamed. */
  readonly isRoot: boolean;
  /** Whether it is a link, a junction or a mount point itself, not its target. */
  readonly isLink?: boolean;
  readonly descriptor: SecurityDescriptor;
}

/**
 * What other users may do according to an access list. SYSTEM, Administrators and TrustedInstaller
 * are not counted as other users: like root, they can always get access. Deny entries are ignored.
 *
 * @param us security identifier of the current user
 */
export function judge(
  { path, isDirectory, isRoot, isLink = false, descriptor }: Judged,
  us: string,
): Permissions {
  const { owner, grants } = descriptor;
  const trusted = [us, system, administrators, trustedInstaller];
  const known = [...trusted, ownerRights, ...creators];
  const toOthers = (grants ?? [{ to: 'S-1-1-0', rights: generic.all }]).filter(
    ({ to }) => !known.includes(to),
  );
  const replacing = isRoot
    ? taking | deletingChildren
    : taking | deleting | (isDirectory ? deletingChildren : 0) | (isLink ? redirecting : 0);
  const [read, write, replace] = [
    reading | generic.read | generic.all,
    writing | replacing | generic.write | generic.all,
    replacing | generic.all,
  ];
  const mayAny = (rights: number) => toOthers.some((grant) => (grant.rights & rights) !== 0);
  const may = { read: mayAny(read), write: mayAny(write), replace: mayAny(replace) };
  const concerned = (rights: number) =>
    unique(toOthers.filter((grant) => (grant.rights & rights) !== 0));
  const isOurs = owner !== undefined && [us, system, administrators].includes(owner);
  const icacls = ['icacls', path, ...(isLink ? ['/L'] : [])];
  const inherited = isDirectory ? '(OI)(CI)' : '';
  return {
    isOurs,
    isTrusted: isOurs || owner === trustedInstaller,
    owner: owner === undefined ? 'no user' : named(owner),
    others: may,
    outsiders: may,
    isShared: false,
    openness: concerned(read | write)
      .map(named)
      .join(', '),
    ownCommand: () => run([...icacls, '/setowner', `*${us}`]),
    closeCommand: () =>
      run([
        ...icacls,
        '/inheritance:r',
        '/grant:r',
        ...[us, system, administrators].map((sid) => `*${sid}:${inherited}F`),
        ...removal(concerned(read | write)),
      ]),
    withdrawCommand() {
      const readers = concerned(read);
      const kept = concerned(write).filter((sid) => readers.includes(sid));
      return run([
        ...icacls,
        '/inheritance:d',
        ...(kept.length === 0 ? [] : ['/grant:r']),
        ...kept.map((sid) => `*${sid}:${inherited}RX`),
        ...removal(concerned(write).filter((sid) => !readers.includes(sid))),
      ]);
    },
  };
}

/** The least secure of several permissions that must all be secure. */
export function weakest(allPermissions: readonly Permissions[]): Permissions | undefined {
  return allPermissions.toSorted((a, b) => weakness(b) - weakness(a))[0];
}

function weakness({ isTrusted, isOurs, others }: Permissions): number {
  const faults = [!isTrusted, others.replace, !isOurs, others.write, others.read];
  return faults.reduce((sum, isSo) => 2 * sum + Number(isSo), 0);
}

function removal(sids: readonly string[]): string[] {
  return sids.length === 0 ? [] : ['/remove:g', ...sids.map((sid) => `*${sid}`)];
}

function unique(grants: readonly Grant[]): string[] {
  return [...new Set(grants.map(({ to }) => to))];
}

function named(sid: string): string {
  const name = wellKnown[sid];
  return name === undefined ? sid : `${name} (${sid})`;
}
