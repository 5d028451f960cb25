// The identities that a provider offers to a person, as this program keeps them: what a list has, and
// how the words of their names are made.

import type { Hint } from './hint.ts';
import { isSameName } from './names.ts';

/** An identity that a provider offers. */
export interface ProvisionedIdentity {
  /** As commands take it: `team-data/ReadOnly`. */
  readonly name: string;
  /** As in atmos.yaml. Contains no secret. */
  readonly principal: Readonly<Record<string, unknown>>;
}

/** Identities that one request lists: those of an account. */
export interface ProvisionedGroup {
  /** The id of the account. */
  readonly id: string;
  /** The name of the account as the provider shows it. Absent: it shows none. */
  readonly label?: string;
  /** The first word of the names of its identities. */
  readonly word: string;
  /** `startedAt` of the listing that has listed its identities. Absent: none has. */
  readonly listing?: string;
  readonly identities: readonly ProvisionedIdentity[];
}

export interface ProvisionedList {
  /** The kind of the identities. */
  readonly kind: string;
  /** When this listing was started, in RFC 3339 with milliseconds. One that continues it keeps the time. */
  readonly startedAt: string;
  /** Of the sign-in of the person. Only a listing of the same one is continued. Absent: not known. */
  readonly signIn?: string;
  /** Whether every group was listed since then. */
  readonly isComplete: boolean;
  /** Sorted by id. */
  readonly groups: readonly ProvisionedGroup[];
}

/** A provider whose identities are listed, and its list. */
export interface ProvisionedSource {
  /** As written in atmos.yaml. */
  readonly provider: string;
  /** Where the list is kept. Undefined without a home directory. */
  readonly path?: string;
  /** Undefined if the list is missing or cannot be used. */
  readonly list?: ProvisionedList;
  /** Why a list that exists is not used. Completes a message after its path. */
  readonly fault?: string;
  /** What helps against the fault. Absent: listing again. */
  readonly remedy?: Hint;
}

/** That of a provider, in the list of the configuration. Undefined if the provider lists nothing. */
export function provisionedSourceOf(
  provisioned: readonly ProvisionedSource[],
  name: string,
): ProvisionedSource | undefined {
  return provisioned.find(({ provider }) => isSameName(provider, name));
}

/** More than any list has: an organization has 10,000 accounts at most. */
export const maxListBytes = 16 * 1024 * 1024;

const maxWordLength = 64;

/**
 * A name as a part of the name of an identity: ASCII letters, digits, `_` and `-`, which no shell, no
 * path of Atmos's configuration and no file name gives a meaning. Accents are dropped, and every run of
 * other characters becomes one `-`. Empty if nothing remains.
 */
export function wordOf(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^A-Za-z0-9_]+/g, '-')
    .slice(0, maxWordLength)
    .replaceAll(/^-+|-+$/g, '');
}

/** A name that {@link wordOf} makes, with `/` between its words. */
export function isProvisionedName(name: string): boolean {
  return (
    name.length <= 256 && /^[A-Za-z0-9_][A-Za-z0-9_-]*(\/[A-Za-z0-9_][A-Za-z0-9_-]*)+$/.test(name)
  );
}
