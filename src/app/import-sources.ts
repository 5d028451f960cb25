import { isObject, parseJson } from '../core/json.ts';
import type { Keyring } from '../keyring/contract.ts';

/** A line of a file, counted from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
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

/** The profiles that have a long-lived key, and the names of the other entries, both sorted. */
export async function awsVaultProfiles(
  keyring: Pick<Keyring, 'keys'>,
): Promise<{ profiles: string[]; others: string[] }> {
  const names = await keyring.keys();
  const isSession = (name: string) => namesOfSessions.some((form) => form.test(name));
  return {
    profiles: names.filter((name) => !isSession(name)),
    others: names.filter(isSession),
  };
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
