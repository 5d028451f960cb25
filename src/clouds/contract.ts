import type {
  SharedSlot,
  AwsOrigin,
  Credentials,
  CredentialType,
  ProgramCredentials,
  SignInToken,
} from '../core/credentials.ts';
import type { AtmosError, ErrorCode } from '../core/errors.ts';
import type { Sourced } from '../core/json.ts';
import type { CallRate, Pace } from '../core/pace.ts';
import type { ProvisionedList } from '../core/provisioned.ts';
import type {
  Identity,
  IdentityPart,
  LinkConfig,
  Provider,
  TrustNeed,
} from '../core/kind-config.ts';
import type { GenericSchema } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import type { KeyForm } from './key-contract.ts';

/** A kind of identity or provider. Must not know the keyring or other identities. */
export interface Kind<Config extends LinkConfig = LinkConfig> {
  /**
   * The types of credentials that its base may give. Empty: it starts a chain and must not have a
   * `via`. Otherwise it must have one.
   */
  readonly takes: readonly CredentialType[];
  /** The type of its credentials, which determines the cloud. */
  readonly gives: CredentialType;
  /**
   * The actions that a project's file may only cause after it is trusted, and the field that causes
   * each: `['spec', 'endpoint_url']`. Does not check the configuration and never throws; invalid
   * fields are skipped.
   */
  trustNeeds(config: Config): readonly TrustNeed[];
  /**
   * Checks the configuration and interprets it. Pure: no keyring, no network, no process, no file.
   * Sufficient for every read-only use (validation, the environment, a stored session).
   *
   * @throws ERR_CONFIG_INVALID, a `ConfigurationError` with all problems
   */
  plan(config: Config, context: PlanContext): LinkPlan;
}

export interface IdentityKind extends Kind<Identity> {
  /** The provider name that Atmos shows for an identity without a provider: `aws-user`. */
  readonly rootName: string;
  /**
   * The account that the configuration names, for a list of identities to choose from. Not checked.
   * Absent: the kind's configuration names none.
   */
  accountOf?(identity: Identity): string | undefined;
  /**
   * Who the credentials speak for, as the configuration names it: the ARN of a role. Not checked.
   * Absent: the kind's configuration names no one.
   */
  principalOf?(identity: Identity): string | undefined;
  /**
   * The schemas of the parts of the configuration that the kind defines. A part without a schema is
   * not checked; unknown keys are reported by `auth validate`.
   */
  readonly schemas: Readonly<Partial<Record<IdentityPart, GenericSchema>>>;
  /**
   * The form for a long-lived key of this identity. It checks values like those in the
   * configuration. Absent: the kind has no long-lived key.
   *
   * @throws ERR_CONFIG_INVALID
   */
  keyForm?(identity: Identity): Promise<KeyForm>;
}

export interface ProviderKind extends Kind<Provider> {
  /**
   * The schema of the settings that the kind defines. Not in it are those that every provider may have
   * (`kind`, `tags` …). Unknown keys are reported by `auth validate`.
   */
  readonly schema: GenericSchema;
}

export interface PlanContext {
  /**
   * The plan of the link before. Undefined if the kind takes nothing, or if `auth validate` has
   * found that the link before is broken.
   */
  readonly base: LinkPlan | undefined;
  /** The real environment, for variables that change where requests go. */
  readonly env: Host['env'];
}

/** A setting on which a session depends. */
export interface PlannedSetting {
  readonly value: string | number | null;
  /** Replaces the value in messages. Default: the value. */
  readonly shown?: string;
}

/** One step from a configuration to credentials, ready to be opened. */
export interface LinkPlan {
  /** Name of the identity or provider as written in atmos.yaml. */
  readonly name: string;
  /** `aws/user` */
  readonly kind: string;
  readonly gives: CredentialType;
  /**
   * Where its credentials are kept: `own`: as the session of the identity; `nothing`: they are
   * requested again each time; else a token that links of several names and realms share.
   */
  readonly slot: 'own' | 'nothing' | SharedSlot;
  /** Whether programs use what is in their environment already, and nothing is set for them. */
  readonly isAmbient?: true;
  /** Who AWS credentials speak for, as far as it is known without opening. */
  readonly origin?: AwsOrigin;
  /** What a person may be asked for when it is opened. */
  readonly mayAsk?: readonly Question[];
  /** How long a new session can last at most. Absent: only opening it tells. */
  readonly maxDurationSeconds?: number;
  /** The limitations of the credentials that are known without opening, one line each. */
  readonly limits?: readonly string[];
  /**
   * The settings on which a session depends, by their names in messages: `spec.endpoint_url`. A
   * session is not used after one of them has changed. They are stored with the session, so they
   * must not contain a secret. They come from the configuration only, so that a stored session is
   * found without the long-lived key.
   */
  readonly fingerprint: Readonly<Record<string, PlannedSetting>>;
  /**
   * The source of the long-lived key: `needed`: the keyring; `configured`: the configuration, so a
   * stored key would not be used; `none`: there is no key.
   */
  readonly storedKey: 'needed' | 'configured' | 'none';
  /** As configured. Absent: from the environment, or `defaultRegion`. */
  readonly region?: string;
  /** The group of regions in which its credentials are valid: `aws-cn`. Absent: not known. */
  readonly partition?: string;
  /** Replaces the region in logs. Default: the region. */
  readonly shownRegion?: string;
  readonly defaultRegion?: string;
  /**
   * The long-lived key that `open` uses. Undefined if it does not exist, and `open` can do without it.
   * Absent if `storedKey` is `none`.
   *
   * @param isRequired whether it must exist. Default: false
   * @throws ERR_AUTH_KEYS_MISSING, and errors of reading the store
   */
  longLivedKey?(source: KeySource, isRequired?: boolean): Promise<ProgramCredentials | undefined>;
  /** Whether a person who signs in on a page can open it, instead of its long-lived key. */
  readonly opensBySignIn?: true;
  /**
   * Why the sign-in that is kept cannot open it without a person: a clause. Undefined: it can, unless the
   * service refuses. Sends nothing. Absent: no sign-in that is kept opens it.
   */
  whyNotRenewed?(kept: KeptSignIn, host: Pick<Host, 'env' | 'now'>): Promise<string | undefined>;
  /** How requests of a sign-in reach their service, as `route`. Absent without `opensBySignIn`. */
  signInRoute?(host: Pick<Host, 'env'>): Promise<Route>;
  /**
   * Runs `use`, which opens another link with the long-lived key of this one. Absent: no other link can
   * be opened with it.
   *
   * @param use gets the MFA device of the owner of the key; undefined without one
   * @throws ERR_STORE_INVALID for a stored device that is invalid; what `use` throws, but
   *   ERR_AUTH_KEYS_REFUSED, which says how to correct the key, for ERR_AUTH_BASE_REFUSED
   */
  useKey?<T>(
    key: ProgramCredentials,
    context: Pick<OpenContext, 'host' | 'commandEnv'>,
    use: (device: KeyDevice | undefined) => Promise<T>,
  ): Promise<T>;
  /**
   * Whether it is opened with the long-lived key of the link before, which has `useKey`, and not with a
   * session of that link.
   */
  readonly opensWithKey?: true;
  /**
   * What is stored for the link whose long-lived key opens it tells about opening, instead of what is
   * planned without it. Absent: nothing.
   */
  foresee?(stored: StoredMeans): Promise<Foreseen>;
  /**
   * Refuses to be opened by a program that opening it has started. Called before anything waits for
   * that opening to end. Absent: it starts no program that could do so.
   *
   * @throws ERR_AUTH_SOURCE_FAILED
   */
  refuseLoop?(host: Host): Promise<void>;
  /**
   * Makes the network call.
   *
   * @throws as `longLivedKey`; ERR_AUTH_KEYS_REFUSED for the long-lived key; ERR_AUTH_BASE_REFUSED
   *   if the service did not accept the credentials of the base, which are then opened again, once;
   *   ERR_AUTH_MFA_REQUIRED or ERR_AUTH_SIGN_IN_REQUIRED if a person is needed and `ask` has no way;
   *   other ERR_AUTH_*, ERR_NETWORK, ERR_AWS, ERR_STORE_INVALID
   */
  open(context: OpenContext): Promise<Opened>;
  /**
   * Asks the server who owns these credentials, within `timeoutMs`. Absent: there is no server to
   * ask.
   */
  whoIs?(
    credentials: ProgramCredentials,
    context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  ): Promise<{ arn: string; account: string }>;
  /**
   * Ends at the service what was opened, so that its credentials are no longer accepted. Absent: the
   * service cannot do this.
   *
   * @throws ERR_NETWORK, ERR_AWS; not for credentials that the service no longer accepts
   */
  revoke?(
    kept: Kept,
    context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  ): Promise<void>;
  /**
   * Lists what can be opened with its credentials, as identities. Absent: the configuration does not ask
   * for it, or the service cannot do it.
   *
   * @throws ERR_AUTH_BASE_REFUSED, ERR_NETWORK, ERR_AWS; nothing was listed then
   */
  listIdentities?(credentials: Credentials, context: ListingContext): Promise<Listing>;
  /** How often its service may be called by one process. Absent: not limited. */
  readonly callRate?: CallRate;
  /** The file in which Atmos keeps the token of the shared slot. Absent: Atmos has no such file. */
  readonly tokenFile?: TokenFile;
  /**
   * The tokens that another tool keeps in plain files for the service of the shared slot. Absent: no tool
   * does, or its tokens may be of another endpoint.
   */
  readonly toolTokens?: ToolTokens;
  /**
   * Whether what another link has kept in the shared slot is what this link expects. If it is not,
   * `open` is called with it as `previous`, although it is valid. Pure. Default: it is.
   */
  accepts?(kept: Kept): boolean;
  /** How its requests reach the service. Absent: it sends none. Never throws an `AtmosError`. */
  route?(host: Pick<Host, 'env'>): Promise<Route>;
}

/** With what identities are listed. */
export interface ListingContext extends Pick<
  OpenContext,
  'host' | 'timeoutMs' | 'clockOffsetMs' | 'pace' | 'random'
> {
  /** What is kept with the credentials: {@link Kept}. */
  readonly renewal?: Kept['renewal'];
  /** What was listed before. A listing that was interrupted is continued if it is of the same sign-in. */
  readonly previous?: ProvisionedList;
  /** Called at the start, and after each group. */
  report(progress: ListingProgress): Promise<void>;
}

export interface ListingProgress {
  readonly done: number;
  readonly total: number;
  /** What is known until now. */
  list(): ProvisionedList;
}

export interface Listing {
  readonly list: ProvisionedList;
  /** The groups that could not be listed. They have what was listed of them before. */
  readonly failures: readonly ListingFailure[];
  /** Why the listing ended early. Absent: every group was asked for. */
  readonly ended?: AtmosError;
}

export interface ListingFailure {
  readonly id: string;
  readonly label?: string;
  readonly error: AtmosError;
}

/** What a person may be asked for: a code, or to sign in on a page. */
export type Question = 'mfa-code' | 'browser';

/** A file with a token, which Atmos keeps without encryption. */
export interface TokenFile {
  /** The token in it while Atmos would use it. Its refresh token is not read: it can be spent only once. */
  read(host: Host): Promise<Credentials | undefined>;
  /**
   * Writes the token without what renews it, unless Atmos has one that lasts longer or can be renewed.
   *
   * @throws ERR_IO, ERR_USAGE without a home directory; nothing is written then
   */
  write(token: Credentials, host: Host): Promise<void>;
}

/** The tools whose tokens are used. */
export type TokenTool = 'aws-cli';

/** The plain files in which another tool keeps tokens. */
export interface ToolTokens {
  readonly tool: TokenTool;
  /** A token in them that has not expired, and that is certainly of this link. What renews it is not read. */
  read(host: Host): Promise<Credentials | undefined>;
  /**
   * Writes what is kept in the shared slot to the file, unless the file has a token that lasts longer. The
   * caller holds the lock of the slot. Absent: nothing is written for the tool.
   *
   * @throws ERR_IO, ERR_USAGE without a home directory; nothing is written then
   */
  write?(kept: Kept, host: Host): Promise<void>;
}

/** How requests of a link reach its service. Contains no secret. */
export interface Route {
  /** `https://sts.eu-west-1.amazonaws.com` */
  readonly endpoint: string;
  /** The proxy, without user and password, and the variable that names it. */
  readonly proxy?: { readonly url: string; readonly variable: string };
  /**
   * The file whose certificates are trusted instead of the usual ones. Absent: those of Node and the system.
   */
  readonly certificates?: Sourced<string>;
  /** Why requests cannot be sent: a variable that is wrong. */
  readonly fault?: AtmosError;
  /** Connects within `timeoutMs`, and sends nothing. Absent with a fault. Never throws. */
  meet?(timeoutMs: number): Promise<Meeting>;
}

/** A connection that was opened and closed. */
export interface Meeting {
  /** The issuer of the certificate: `Amazon RSA 2048 M01`. Absent without TLS or without a connection. */
  readonly issuer?: string;
  /** Why the service could not be reached, or its certificate is not trusted. */
  readonly failure?: string;
}

/** What is known about opening a link from what is stored. */
export interface Foreseen extends Pick<LinkPlan, 'mayAsk' | 'maxDurationSeconds'> {
  /** Why it cannot be opened: a clause. */
  readonly problem?: string;
}

/** What is stored to open a link. */
export interface StoredMeans {
  readonly key: ProgramCredentials | undefined;
  readonly signIn: KeptSignIn | undefined;
  readonly host: Pick<Host, 'env' | 'now'>;
  /** Whether only the key opens it. Default: false */
  readonly needsKey?: boolean;
  /** Whether a person is to sign in, whatever is stored. */
  readonly mustSignIn: boolean;
}

/** A sign-in of a person, which is kept beside the session of an identity. */
export interface KeptSignIn extends Pick<Kept, 'renewal'> {
  readonly token: SignInToken;
  /** How far the server's clock was ahead of the local one. */
  readonly clockOffsetMs?: number;
}

/** The source of a long-lived key. */
export interface KeySource {
  /** The stored key of this identity. Null if it does not exist. Read at most once. */
  storedKey(): Promise<ProgramCredentials | null>;
  /** The sign-in of this identity, perhaps expired. Undefined if it does not exist. Read at most once. */
  keptSignIn?(): Promise<KeptSignIn | undefined>;
  /** Whether a stored key remains for the next command. False for the memory keyring. */
  readonly isStoreLasting: boolean;
}

export interface OpenContext extends KeySource {
  readonly host: Host;
  /** The environment of commands that the configuration names: without secrets of this program. */
  readonly commandEnv: Host['env'];
  /**
   * The credentials of the link before, of a type in `takes` and valid for at least a minute, or its
   * long-lived key if the plan has `opensWithKey`. Undefined if the kind takes nothing.
   */
  readonly base: Credentials | undefined;
  /**
   * What is kept in the shared slot of this link, for the same settings: perhaps expired, or refused
   * by the service (see `isRefused`), or not accepted by `accepts`. Absent: nothing, or no shared slot.
   */
  readonly previous?: Opened & { readonly isRefused: boolean };
  /**
   * Whether new credentials are wanted, perhaps of another person, so that what another tool keeps is not
   * used either. There is no `previous` then.
   */
  readonly isForced?: boolean;
  /**
   * Stores in the shared slot what was opened, before something that may fail: a service gives it once. A
   * failure to store it is only logged. Absent: no shared slot.
   */
  keep?(opened: Opened): Promise<void>;
  /** Whether a person is to sign in, whatever else could open it. Only with `opensBySignIn` of the plan. */
  readonly mustSignIn?: boolean;
  /**
   * Stores the sign-in beside the session. A failure to store it is a warning. Absent: the plan has no
   * `opensBySignIn`.
   */
  keepSignIn?(kept: KeptSignIn): Promise<void>;
  /**
   * How far the server's clock was ahead of the local one when the credentials that sign were opened.
   * Absent: not known.
   */
  readonly clockOffsetMs?: number;
  readonly ask: Ask;
  /** Spreads the calls of several links over time. Absent: each is sent at once. */
  readonly pace?: Pace;
  /** From 0 to 1, without 1, for the time before another attempt. Default: `Math.random` */
  readonly random?: () => number;
  /** For each request, including a retry. A prompt may take longer. */
  readonly timeoutMs: number;
  /** Runs the task while no other process of this user runs a task with the same subject. */
  alone<T>(turn: Turn, task: () => Promise<T>): Promise<T>;
  /** Reports a warning to the user, one line each. */
  warn(message: string): void;
}

/**
 * A resource that only one task may use at a time, and that is known only when a link is opened: an
 * MFA device.
 */
export interface Turn {
  /** The type of resource, then its identifiers: `['mfa', 'arn:…']`. */
  readonly subject: readonly [what: string, ...which: string[]];
  /** The name of the resource in messages. */
  readonly named: string;
  /** Whether a failure with this code would be the same for every waiting process. */
  isShared(code: ErrorCode): boolean;
}

/** The prompts that are possible now. A missing member: this prompt is not possible. */
export interface Ask {
  /** Resolves to undefined if no further code is available. */
  readonly mfaCode?: (request: MfaRequest) => Promise<string | undefined>;
  readonly signIn?: SignIn;
  /** Why it is absent although the command could ask with `--interactive`: `CI is set`. */
  readonly whyNoSignIn?: string;
}

/** How a person can sign in on a page of a service. */
export interface SignIn {
  /** The flow that the user requires, which takes precedence over the configuration. */
  readonly flow?: 'browser' | 'device';
  /**
   * Shows the page, also if a browser opens it, until the signal aborts: then it resolves. Where
   * `openPage` is absent, it may open the page in a browser on another machine.
   *
   * @param page with `code`: the code that the page shows, which the person compares or enters
   * @throws ERR_CANCELLED as soon as the person cancels
   */
  showPage(page: SignInPage, signal: AbortSignal): Promise<void>;
  /**
   * Opens the page in a browser whose redirects to 127.0.0.1 reach this process. Resolves to false if no
   * browser could be started. Absent: this machine has no browser, or it must not be opened.
   *
   * @param browser the command of the configuration. Default: the browser of the user
   */
  readonly openPage?: (url: URL, browser?: string) => Promise<boolean>;
  /**
   * Resolves to the address that the person has copied from the browser after signing in; never
   * if nothing is entered. Rejects when the signal aborts. Absent: nothing can be entered.
   *
   * @throws ERR_CANCELLED
   */
  readonly pasteAddress?: (signal: AbortSignal) => Promise<string>;
  /** The same for a code that the last page shows. */
  readonly pasteCode?: (signal: AbortSignal) => Promise<string>;
}

export interface SignInPage {
  readonly url: URL;
  readonly code?: string;
  /** The provider, for messages: `provider corp`. */
  readonly named: string;
  readonly expiresAt: Date;
}

export interface MfaRequest {
  readonly device: string;
  /**
   * The name of the device in messages, if a tag of the configuration produced it. Default: the
   * device.
   */
  readonly shownDevice?: string;
  /** True if the previous code was refused. */
  readonly isRetry: boolean;
  /** Gets a code from a program of the configuration, instead of a prompt. A given code wins over it. */
  readonly program?: () => Promise<string>;
}

/** The MFA device of the owner of a long-lived key. */
export interface KeyDevice {
  readonly asked: Omit<MfaRequest, 'isRetry'>;
  /** The place of the device in the configuration. Absent: it is stored with the key. */
  readonly locate?: () => string;
}

/** What is kept of a link. */
export interface Kept {
  readonly credentials: Credentials;
  /**
   * What opens it again without a person: a refresh token, the registration of this program. Secret, and
   * only the kind knows its meaning. Stored in the same entry. At most 16 values of 16,384 characters.
   */
  readonly renewal?: Readonly<Record<string, string>>;
}

export interface Opened extends Kept {
  /** How far the server's clock is ahead of the local one. */
  readonly clockOffsetMs: number;
  /** The limitations of the credentials, one line each. Stored with them. */
  readonly limits: readonly string[];
  /** The ARN of the person who has just signed in to open them. Absent: no one had to, or it is not known. */
  readonly signedInAs?: string;
}
