import { parseDuration } from '../../core/time.ts';
import { partitionOf } from './regions.ts';

// Checks the values of a long-lived key. The same check is used for every source: an option, a
// prompt, standard input, another tool's file, or atmos.yaml.

/** The values that `user configure` stores. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly mfaArn?: string;
  /** As the user wrote it: `12h`. */
  readonly sessionDuration?: string;
}

/** Some values of a key, not checked yet. */
export type AccessKeyValues = Partial<AccessKey>;

/** Why a value of a key is invalid. */
export interface KeyFault {
  readonly field: keyof AccessKey;
  /** `the MFA device` */
  readonly name: string;
  /** Completes a message after the name: `is empty`. Never quotes the value. */
  readonly message: string;
}

/** How the key will be used, as far as it is known. */
export interface KeyUse {
  /** The region of requests: the MFA device must be in the same partition. */
  readonly region?: string;
  /** Whether requests go to a server other than AWS (`endpoint_url`), whose keys may be any text. */
  readonly hasOwnEndpoint?: boolean;
}

type Check = (value: string, use: KeyUse) => string | undefined;

/**
 * Each value with its check. A check completes a message after the name, and never quotes the
 * value, which may be the secret in the wrong field.
 */
const values: readonly (readonly [field: keyof AccessKey, name: string, check: Check])[] = [
  ['accessKeyId', 'the access key id', accessKeyIdFault],
  ['secretAccessKey', 'the secret access key', secretAccessKeyFault],
  ['mfaArn', 'the MFA device', mfaDeviceFault],
  ['sessionDuration', 'the session duration', durationFault],
];

/** The faults of the given values, in the order of their fields. */
export function keyFaults(given: AccessKeyValues, use: KeyUse = {}): KeyFault[] {
  return values.flatMap(([field, name, check]) => {
    const value = given[field];
    const message = value === undefined ? undefined : check(value, use);
    return message === undefined ? [] : [{ field, name, message }];
  });
}

/** Identifiers that look like those of access keys, by their first four letters. */
const otherIds: Readonly<Record<string, string>> = {
  ASIA: 'of a session, which expires; a long-lived key starts with AKIA',
  AIDA: 'of a user, not of an access key',
  AROA: 'of a role, not of an access key',
  AGPA: 'of a group, not of an access key',
  ANPA: 'of a policy, not of an access key',
};

const whiteSpace = 'contains a space or a line break';

function accessKeyIdFault(id: string, { hasOwnEndpoint }: KeyUse): string | undefined {
  if (id === '') return 'is empty';
  if (/\s/.test(id)) return whiteSpace;
  const other = otherIds[id.slice(0, 4)];
  if (other !== undefined) return `is the id ${other}`;
  if (/^[A-Za-z0-9/+=]{40}$/.test(id)) return 'looks like a secret: were the two swapped?';
  if (hasOwnEndpoint || /^[A-Z0-9]{16,128}$/.test(id)) return undefined;
  return 'is not 16 to 128 capital letters and digits, like AKIAIOSFODNN7EXAMPLE';
}

function secretAccessKeyFault(secret: string, { hasOwnEndpoint }: KeyUse): string | undefined {
  if (secret === '') return 'is empty';
  if (/\s/.test(secret)) return whiteSpace;
  if (/^A[KS]IA[A-Z0-9]{16}$/.test(secret)) return 'looks like an id: were the two swapped?';
  if (hasOwnEndpoint) return undefined;
  if (!/^[A-Za-z0-9/+=]+$/.test(secret)) {
    return 'contains characters other than letters, digits, /, + and =';
  }
  if (secret.length === 40) return undefined;
  return `has ${secret.length} characters instead of 40`;
}

const iamArn = /^arn:(aws(?:-[a-z]+)*):iam::\d{12}:([a-z0-9-]+)\/[\w+=,.@/-]{1,256}$/;
/** A serial number as printed on a hardware token: `GAHT12345678`. Not the id of a key. */
const serialNumber = /^(?!A[KS]IA)[A-Z0-9]{9,32}$/;

/**
 * GetSessionToken requires a code: of a virtual device, named by its ARN, or of a hardware token,
 * named by its serial number.
 */
function mfaDeviceFault(device: string, { region }: KeyUse): string | undefined {
  if (/\s/.test(device)) return whiteSpace;
  if (serialNumber.test(device)) return undefined;
  const [, partition, type] = iamArn.exec(device) ?? [];
  if (type === 'u2f') {
    return 'is a FIDO security key or passkey, which shows no code: AWS STS GetSessionToken needs a virtual device (arn:aws:iam::123456789012:mfa/name) or a hardware token that shows codes';
  }
  if (type === 'user') {
    return 'is the ARN of a user; the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/name';
  }
  if (type !== 'mfa') {
    return 'is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number';
  }
  const requested = region === undefined ? undefined : partitionOf(region);
  if (requested === undefined || requested === partition) return undefined;
  return `is in another AWS partition than the region (${requested}), where it cannot be used`;
}

function durationFault(duration: string): string | undefined {
  try {
    parseDuration(duration);
    return undefined;
  } catch {
    return 'is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds)';
  }
}
