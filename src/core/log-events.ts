import type { Sourced } from './json.ts';
import type { LogLevel } from './log-level.ts';

/**
 * What a field can tell. There is no kind for text of others, for credentials or for an error:
 * an error is told by its code.
 *
 * - `name`: what somebody called something: an identity, a realm, a profile, a region, a program
 * - `place`: a path, with line and column or without, a variable, an option, a setting and its place;
 *   or a value that has such a source, which is looked up only for a line that is written
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
  /** Whether the command prints it too, as an error or a warning. */
  readonly isPrinted?: true;
}

const items = ['key', 'session', 'token'] as const;

/**
 * All that a log can say: each event with its level and its fields, in the order they are written.
 * What is not here is not written, whatever is passed. Info is for what changed something, Debug for
 * how a command came to do what it did, Trace for each step.
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
  /** Events that came before the log was open, and were too many to keep. */
  'log.dropped': { level: 'Warning', fields: { events: 'number' } },

  'config.read': {
    level: 'Debug',
    fields: { file: 'place', origin: ['explicit', 'user', 'project'] },
  },
  /** `profiles`: their names, with commas between. */
  'config.merged': { level: 'Debug', fields: { files: 'number', profiles: 'name' } },
  /** An `!exec` is run. Neither what it says nor what it prints. */
  'config.command': { level: 'Debug', fields: { place: 'place' } },
  'profile.chosen': { level: 'Debug', fields: { profile: 'name', source: 'place' } },
  'realm.resolved': { level: 'Debug', fields: { realm: 'name', source: 'place' } },
  'identity.chosen': {
    level: 'Debug',
    fields: { identity: 'name', kind: 'name', source: 'place' },
  },

  'keyring.chosen': { level: 'Debug', fields: { type: 'name', source: 'place' } },
  /** A setting of the file keyring that does not count, since another layer chooses this type. */
  'keyring.unused': { level: 'Debug', fields: { type: 'name', source: 'place' } },
  'keyring.fallback': {
    level: 'Warning',
    fields: { type: 'name', instead_of: 'name', source: 'place' },
    isPrinted: true,
  },
  /** Where the password of a file keyring is taken from. */
  'keyring.password': {
    level: 'Debug',
    fields: { source: ['held', 'variable', 'file', 'command', 'prompt', 'none'] },
  },
  /** Entries of a file keyring were put in place by a change of its password, or after one was cut short. */
  'keyring.reencrypted': { level: 'Info', fields: { entries: 'number' } },
  /** An unlock agent of a file keyring is there, and asked or not, by its process id if that is known. */
  'keyring.agent': {
    level: 'Debug',
    fields: { outcome: ['used', 'passed_over'], process: 'number' },
  },
  'store.read': { level: 'Trace', fields: { identity: 'name', item: items, found: 'flag' } },
  'store.written': { level: 'Trace', fields: { identity: 'name', item: items } },
  'store.removed': { level: 'Info', fields: { identity: 'name', item: items } },
  'key.saved': { level: 'Info', fields: { identity: 'name' } },
  'key.refused': { level: 'Warning', fields: { identity: 'name' }, isPrinted: true },

  /** A stored session is taken. */
  'session.found': { level: 'Debug', fields: { identity: 'name', expires_at: 'time' } },
  /**
   * `short`: what is left of the stored one is too little. `changed`: a setting that it depends on.
   */
  'session.needed': {
    level: 'Debug',
    fields: { identity: 'name', because: ['absent', 'changed', 'short', 'forced'] },
  },
  'session.opened': {
    level: 'Info',
    fields: { identity: 'name', region: 'name', expires_at: 'time', clock_offset_ms: 'number' },
  },
  'session.unstored': {
    level: 'Warning',
    fields: { identity: 'name', code: 'code' },
    isPrinted: true,
  },
  'mfa.asked': {
    level: 'Debug',
    fields: { device: 'name', is_retry: 'flag', of: ['given', 'person', 'nobody'] },
  },
  /** Another process, by its id where that is known, opens the session. */
  'login.waiting': { level: 'Debug', fields: { holder: 'number' } },
  /** The failure of the process that was waited for. */
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

  /** By its path or name, without its arguments. */
  'program.started': { level: 'Debug', fields: { program: 'place' } },
  /** It runs, but the system refused to forbid debuggers and core files of our own process. */
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

/** The fields of each event. Undefined: not known, and left out. */
export type LogEvents = {
  readonly [Event in keyof Vocabulary]: {
    readonly [Field in keyof Vocabulary[Event]['fields']]:
      | Told<Vocabulary[Event]['fields'][Field]>
      | undefined;
  };
};

export type LogEvent = keyof LogEvents;

/** Tells that something happened. Never throws. */
export type Log = <Event extends LogEvent>(event: Event, fields: LogEvents[Event]) => void;

/** An event with its time, as it waits to be written. */
export interface LogEntry {
  readonly at: Date;
  readonly event: LogEvent;
  readonly fields: Readonly<Record<string, unknown>>;
}
