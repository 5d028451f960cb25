import { isObject, parseJson } from '../core/json.ts';
import type { Keyring } from '../keyring/contract.ts';

/** A line of a file, counted from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface SharedFile {
  readonly path: string;
  readonly text: string;
  /** There a profile is headed `[profile NAME]`, but for `[default]`. */
  readonly isConfig: boolean;
}

const comment = /(^|\s)[;#].*$/;
const header = /^\[(.*)\]$/;
const keySetting = /^\s*aws_(access_key_id|secret_access_key)\s*=/;

/** The lines of an AWS shared file that hold the long-lived key of a profile. */
export function findKeyLines({ path, text, isConfig }: SharedFile, profile: string): SourceLine[] {
  const headers = isConfig ? configHeaders(profile) : [profile];
  const found: SourceLine[] = [];
  let isInside = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const section = header.exec(line.replace(comment, '').trim())?.[1];
    if (section !== undefined) isInside = headers.includes(section);
    else if (isInside && keySetting.test(line)) found.push({ file: path, line: index + 1 });
  }
  return found;
}

function configHeaders(profile: string): string[] {
  const named = [profile, `"${profile}"`, `'${profile}'`].map((name) => `profile ${name}`);
  return profile === 'default' ? ['default', ...named] : named;
}

// aws-vault keeps all in one keyring of 99designs: a long-lived key under the name of its profile,
// as the JSON of the AWS SDK's credentials; sessions and SSO tokens under names of these forms.
const namesOfSessions = [
  /^[^,]+,[^,]+,[^,]*,\d+$/, // type, profile and MFA device in base64, expiry
  /^session:[^ ]+:[^ ]*:[^:]+$/,
  /^.+ session \(\d+\)$/,
  /^oidc:/,
];

export interface VaultKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The profiles that have a long-lived key, sorted, and how many other entries there are. */
export async function awsVaultProfiles(
  keyring: Keyring,
): Promise<{ profiles: string[]; others: number }> {
  const names = await keyring.keys();
  const profiles = names.filter((name) => !namesOfSessions.some((form) => form.test(name)));
  return { profiles, others: names.length - profiles.length };
}

/** Reads what aws-vault stored; a fault says what is wrong with it, without a word of it. Never throws. */
export function parseVaultKey(text: string): VaultKey | { fault: string } {
  const value = parseJson(text);
  if (!isObject(value)) return { fault: 'it is not a JSON object' };
  const { AccessKeyID: id, SecretAccessKey: secret, SessionToken: token } = value;
  if (token !== undefined && token !== '') return { fault: 'it holds a session, which ends' };
  if (typeof id !== 'string' || typeof secret !== 'string' || id === '' || secret === '') {
    return { fault: 'its AccessKeyID or SecretAccessKey is missing' };
  }
  return { accessKeyId: id, secretAccessKey: secret };
}
