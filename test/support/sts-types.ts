// The types of the stand-in for STS, sts-server.mjs, which is plain JavaScript.
import type { JsonWebKey } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RoleCredentials } from './aws/identity-center-types.ts';
import type { SigninCredentials } from './aws/signin-types.ts';
import type { RequestScript } from './stand-in-server.mjs';

export interface StsKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Twelve digits. */
  account: string;
  userName: string;
  /** The codes of the user's device; each is accepted once. */
  mfa?: { arn: string; codes: string[] };
}

export interface StsRole {
  /** With its path: `arn:aws:iam::123456789012:role/path/name`. */
  arn: string;
  /** The statements of its trust policy: one that allows an action is enough. */
  trust: StsTrust[];
  /** Its maximum session duration. Default 3600, as in IAM. */
  maxSessionSeconds?: number;
}

/** A statement of a trust policy: for callers with credentials, or for tokens of an issuer. */
export type StsTrust =
  | {
      /** The ARN of a user, role, role session or account (`…:root`), or `*`. */
      principal: string;
      externalId?: string;
      sourceIdentity?: string;
      needsMfa?: boolean;
      /** The statement allows all three actions, except for these. */
      denies?: ('sts:AssumeRole' | 'sts:TagSession' | 'sts:SetSourceIdentity')[];
    }
  | {
      issuer: string;
      /** Default: every audience of the issuer. */
      audience?: string;
      /** `*` stands for any text. Default `*`. */
      subject?: string;
    };

/** An OpenID Connect provider that the accounts know. */
export interface StsIssuer {
  /** As in the tokens' `iss`. */
  url: string;
  audiences: string[];
  /** Its public keys. Default: fetched from the issuer for each token. */
  jwks?: { keys: (JsonWebKey & { kid?: string })[] };
  /** The `jti` of tokens that it revoked. */
  revoked?: string[];
}

export interface StsOptions {
  keys: StsKey[];
  roles?: StsRole[];
  issuers?: StsIssuer[];
  /** For AssumeRoot: who may be root of which accounts. Default: no one. */
  organization?: { managementAccount: string; memberAccounts: string[] };
  /** How far the server's clock is ahead of `now`; negative: behind. */
  clockOffsetMs?: number;
  now?: () => Date;
  /** Whether responses have a Date header. Default true. */
  dateHeader?: boolean;
  /** The next session that is issued. Default: a random one. */
  newSession?: () => SessionKey;
}

export interface SessionKey {
  accessKeyId: string;
  secretAccessKey: string;
  token: string;
}

export interface StsCall {
  /** As requested; `(none)` when the request named no action. */
  action: string;
  /** As claimed, even if the signature was wrong; `(none)` when unsigned. */
  accessKeyId: string;
  /** Without Action and Version; a TokenCode or WebIdentityToken is shown as `******`. */
  params: Record<string, string>;
  /** By the server's clock. */
  at: Date;
}

/** What the next calls get instead of, or before, a correct response. */
export interface StsScript extends RequestScript {
  /** An STS error in its XML form. Status 403 by default. */
  fail?: { code: string; message: string; status?: number };
  /** Any response, verbatim. */
  raw?: StsAnswer;
  /** An HTML page, as from a captive portal. */
  html?: boolean;
}

export interface StsServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request that was read completely, in the order of arrival. */
  readonly calls: readonly StsCall[];
  /** The number of calls by action. */
  requests(): Record<string, number>;
  /** Makes the session of a role known that another service issued: IAM Identity Center. */
  addSession(session: RoleCredentials): void;
  /** Makes the session of a user known that another service issued: AWS Sign-In. */
  addUserSession(session: SigninCredentials): void;
  /** The state of an issued session, which no response shows. */
  session(accessKeyId: string): StsSession | undefined;
  /** Adds behavior for later calls, after the already scripted behavior. */
  script(script: StsScript): void;
  /** Sets how far the clock is ahead of `now`; negative: behind. */
  setClock(offsetMs: number): void;
  /** Expires every session that was issued until now. */
  expireSessions(): void;
  /** Stops listening and closes the open connections. */
  close(): Promise<void>;
}

/** Who a key speaks for, as described in the responses of STS. */
export interface StsPrincipal {
  kind: 'user' | 'role' | 'root';
  account: string;
  arn: string;
  userId: string;
  /** Of a role's session. */
  roleArn?: string;
  /** Of a user. */
  mfa?: StsKey['mfa'];
}

/** By key. */
export type StsTags = Readonly<Record<string, string>>;

export interface StsSession {
  expiresAt: Date;
  tags: StsTags;
  transitiveTagKeys: readonly string[];
  sourceIdentity: string | undefined;
  hasMfa: boolean;
}

/** A known access key: long-lived for a user, or of an issued session. */
export interface KnownKey {
  principal: StsPrincipal;
  accessKeyId: string;
  secretAccessKey: string;
  session?: StsSession & { token: string };
}

export type IssuedKey = KnownKey & Required<Pick<KnownKey, 'session'>>;

export interface StsAccounts {
  find(accessKeyId: string): KnownKey | undefined;
  findRole(arn: string): StsRole | undefined;
  add(key: KnownKey): void;
  issue(principal: StsPrincipal, session: StsSession): IssuedKey;
  expireSessions(at: Date): void;
  /** Whether the code belongs to the device and was not used before. It is marked as used. */
  takeCode(device: NonNullable<StsKey['mfa']>, code: string): boolean;
}

/** A response before it is sent. Status 200 and text/xml by default. */
export interface StsAnswer {
  status?: number;
  contentType?: string;
  body: string;
}

/** The parts of a request that are signed. */
export interface SignedRequest {
  method: string;
  /** Path and query as on the request line. */
  url: string;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The parsed Authorization header of Signature Version 4. */
export interface Authorization {
  accessKeyId: string;
  /** The date of the credential scope, `20260131`. */
  day: string;
  region: string;
  service: string;
  signedHeaders: string[];
  /** 64 hexadecimal digits. */
  signature: string;
}

/** What a verified web identity token says. */
export interface WebIdentity {
  issuer: string;
  subject: string;
  audience: string;
  tags: StsTags;
  transitiveTagKeys: string[];
  sourceIdentity: string | undefined;
}
