import type { Sourced } from './json.ts';
import type { LogLevel } from './log-level.ts';

/**
 * The types of fields. There is no type for text from other programs, for credentials or for
 * errors: an error is logged by its code.
 *
 * - `name`: a name that a user chose: of an identity, a realm, a profile, a region, a program
 * - `place`: a path (optionally with line and column), a variable, an option, or a setting and its
 *   place; or a value with such a source, which is only resolved when the line is written
 * - `code`: of an error: `ERR_AUTH_DENIED`, `ENOENT`
 * - a list: one of these words
 */
export interface FieldKinds {
  readonly name: string;
  readonly place: string | Pick<Sourced<unknown>, 'source'>;
  readonly code: string;
  readonly number: number;
  readonly flag: boolean;
  readonly time: Date;
}

export type FieldKind = keyof FieldKinds | readonly string[];

export interface EventSpec {
  readonly level: Exclude<LogLevel, 'Off'>;
  readonly fields: Readonly<Record<string, FieldKind>>;
  /** Whether the command also prints it, as an error or a warning. */
  readonly isPrinted?: true;
}

const items = ['key', 'session', 'token'] as const;

/**
 * Everything that can be logged: each event with its level and its fields, in the order in which
 * they are written. Fields that are not listed are never written. Info is for changes, Debug for
 * the reasons of a result, Trace for each step.
 */
export const logVocabulary = {
  'command.started': { level: 'Debug', fields: { command: 'name', version: 'name' } },
  'command.ended': {
    level: 'Debug',
    fields: { command: 'name', exit_code: 'number', duration_ms: 'number' },
  },
  'command.failed': {
    level: 'Error',
    fields: { code: 'code', exit_code: 'number' },
    isPrinted: true,
  },
  /** What caused that, the direct cause first. `reason` only where its text holds no secret. */
  'command.cause': { level: 'Debug', fields: { name: 'name', code: 'code', reason: 'name' } },
  /** Events that occurred before the log was open and exceeded the buffer. */
  'log.dropped': { level: 'Warning', fields: { events: 'number' } },

  'config.read': {
    level: 'Debug',
    fields: { file: 'place', origin: ['explicit', 'user', 'project'] },
  },
  /** `profiles`: their names, separated by commas. */
  'config.merged': { level: 'Debug', fields: { files: 'number', profiles: 'name' } },
  /** An `!exec` tag runs. Neither the command nor its output is logged. */
  'config.command': { level: 'Debug', fields: { place: 'place' } },
  'profile.chosen': { level: 'Debug', fields: { profile: 'name', source: 'place' } },
  'realm.resolved': { level: 'Debug', fields: { realm: 'name', source: 'place' } },
  'identity.chosen': {
    level: 'Debug',
    fields: { identity: 'name', kind: 'name', source: 'place' },
  },

  'keyring.chosen': { level: 'Debug', fields: { type: 'name', source: 'place' } },
  /** A setting of the file keyring that is ignored because another layer chooses the type. */
  'keyring.unused': { level: 'Debug', fields: { type: 'name', source: 'place' } },
  'keyring.fallback': {
    level: 'Warning',
    fields: { type: 'name', instead_of: 'name', source: 'place' },
    isPrinted: true,
  },
  /** The source of the password of a file keyring. */
  'keyring.password': {
    level: 'Debug',
    fields: { source: ['held', 'identity', 'variable', 'file', 'command', 'prompt', 'none'] },
  },
  /** A password change stored re-encrypted entries, or an interrupted one was completed. */
  'keyring.reencrypted': { level: 'Info', fields: { entries: 'number' } },
  /** An unlock agent of a file keyring exists. Whether it was used, and its process id if known. */
  'keyring.agent': {
    level: 'Debug',
    fields: { outcome: ['used', 'passed_over'], process: 'number' },
  },
  /** A vault server answered a request, or did not: `status` 0. `resource` has no secret. */
  'keyring.answered': {
    level: 'Trace',
    fields: { method: 'name', resource: 'name', status: 'number', duration_ms: 'number' },
  },
  /** A vault server cannot answer now, and the request is repeated until it can, or a limit is over. */
  'keyring.waiting': { level: 'Debug', fields: { status: 'number' } },
  'keyring.waited': {
    level: 'Debug',
    fields: { outcome: ['answered', 'given_up'], duration_ms: 'number' },
  },
  /** This process logged in to a vault server, or renewed its token. */
  'keyring.token': {
    level: 'Debug',
    fields: { outcome: ['read', 'logged_in', 'renewed'], ttl_seconds: 'number' },
  },
  'store.read': { level: 'Trace', fields: { identity: 'name', item: items, found: 'flag' } },
  'store.written': { level: 'Trace', fields: { identity: 'name', item: items } },
  'store.removed': { level: 'Info', fields: { identity: 'name', item: items } },
  /**
   * A file of another tool with a token is not used. `unsafe`: another user could read or change it, or it
   * is no regular file. `foreign`: of another portal. `ambiguous`: others have one as well.
   */
  'token.skipped': {
    level: 'Debug',
    fields: {
      file: 'place',
      because: ['unsafe', 'unreadable', 'invalid', 'foreign', 'expired', 'ambiguous'],
    },
  },
  'token.written': { level: 'Debug', fields: { file: 'place' } },
  'key.saved': { level: 'Info', fields: { identity: 'name' } },
  'key.refused': { level: 'Warning', fields: { identity: 'name' }, isPrinted: true },

  /** A stored session is used. */
  'session.found': { level: 'Debug', fields: { identity: 'name', expires_at: 'time' } },
  /**
   * `short`: the remaining time of the stored session is too short. `changed`: a setting that it
   * depends on has changed.
   */
  'session.needed': {
    level: 'Debug',
    fields: { identity: 'name', because: ['absent', 'changed', 'short', 'forced'] },
  },
  'session.opened': {
    level: 'Info',
    fields: { identity: 'name', region: 'name', expires_at: 'time', clock_offset_ms: 'number' },
  },
  /** Signing out also signed out of the session at the service. */
  'session.ended': { level: 'Info', fields: { provider: 'name' } },
  /** The service refused the session when it was used to open another one. */
  'session.refused': { level: 'Info', fields: { identity: 'name' } },
  'session.unstored': {
    level: 'Warning',
    fields: { identity: 'name', code: 'code' },
    isPrinted: true,
  },
  'mfa.asked': {
    level: 'Debug',
    fields: { device: 'name', is_retry: 'flag', of: ['given', 'person', 'nobody'] },
  },
  /** Another process opens the session; `holder` is its process id if known. */
  'browser.failed': { level: 'Debug', fields: { exit_code: 'number' } },
  'login.waiting': { level: 'Debug', fields: { holder: 'number' } },
  /** The other process failed. */
  'login.shared': { level: 'Debug', fields: { code: 'code' } },
  'aws.answered': {
    level: 'Debug',
    fields: { action: 'name', region: 'name', attempt: 'number', duration_ms: 'number' },
  },
  'aws.failed': {
    level: 'Debug',
    fields: {
      action: 'name',
      region: 'name',
      attempt: 'number',
      outcome: ['clock_corrected', 'retried', 'given_up'],
      duration_ms: 'number',
    },
  },

  /** Identified by path or name, without its arguments. */
  'program.started': { level: 'Debug', fields: { program: 'place' } },
  /**
   * The program runs, but the system refused to forbid debuggers and core files of atmos-auth
   * itself.
   */
  'program.unshielded': { level: 'Warning', fields: {} },
  'program.ended': {
    level: 'Debug',
    fields: { exit_code: 'number', signal: 'code', duration_ms: 'number' },
  },
} as const satisfies Readonly<Record<string, EventSpec>>;

type Vocabulary = typeof logVocabulary;

type Told<Kind> = Kind extends keyof FieldKinds
  ? FieldKinds[Kind]
  : Kind extends readonly (infer Word)[]
    ? Word
    : never;

/** The fields of each event. A field that is undefined is omitted. */
export type LogEvents = {
  readonly [Event in keyof Vocabulary]: {
    readonly [Field in keyof Vocabulary[Event]['fields']]:
      | Told<Vocabulary[Event]['fields'][Field]>
      | undefined;
  };
};

export type LogEvent = keyof LogEvents;

/** Logs an event. Never throws. */
export type Log = <Event extends LogEvent>(event: Event, fields: LogEvents[Event]) => void;

/** An event with its time, before it is written. */
export interface LogEntry {
  readonly at: Date;
  readonly event: LogEvent;
  readonly fields: Readonly<Record<string, unknown>>;
}
