import { isObject, parseJson } from '../core/json.ts';
import { parseTimestamp } from '../core/time.ts';

/** One use of an identity, as a line of `auth.audit.file`. Contains no secret. */
export interface AuditRecord {
  /** RFC 3339 in UTC. */
  readonly time: string;
  /** As written in atmos.yaml. */
  readonly identity: string;
  /** `aws/user` … */
  readonly kind: string;
  /** The ARN that the configuration names; null if it names none. */
  readonly principal: string | null;
  /** The account that the configuration names; null if it names none. */
  readonly account: string | null;
  /** Of the session that was used; null if no session was used. */
  readonly access_key_id: string | null;
  /** The command that used it: `exec`, `credential-process` …, or `createAuth` of a Node program. */
  readonly command: string;
  /** The process that started the command, or the Node program. */
  readonly pid: number;
  /** `ok`, or the code of the error with which it failed. */
  readonly outcome: string;
}

/** The line of a record, without a line break. */
export function formatAuditRecord(record: AuditRecord): string {
  return JSON.stringify(record);
}

/** Undefined for a line that is not a whole record. Other fields are left out. */
export function parseAuditRecord(line: string): AuditRecord | undefined {
  const value = parseJson(line);
  if (!isObject(value)) return undefined;
  const { time, identity, kind, principal, account, access_key_id, command, pid, outcome } = value;
  if (!isText(time) || parseTimestamp(time) === undefined) return undefined;
  if (!isText(identity) || !isText(kind) || !isText(command) || !isText(outcome)) return undefined;
  if (!isTextOrNull(principal) || !isTextOrNull(account) || !isTextOrNull(access_key_id))
    return undefined;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid)) return undefined;
  return { time, identity, kind, principal, account, access_key_id, command, pid, outcome };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}
