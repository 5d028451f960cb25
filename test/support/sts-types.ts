// The types of the stand-in for STS, sts-server.mjs, which is plain JavaScript.
import type { IncomingHttpHeaders } from 'node:http';

export interface StsKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Twelve digits. */
  account: string;
  userName: string;
  /** The codes of the user's device; each is accepted once. */
  mfa?: { arn: string; codes: string[] };
}

export interface StsOptions {
  keys: StsKey[];
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
  /** Without Action and Version; a TokenCode is shown as `******`. */
  params: Record<string, string>;
  /** By the server's clock. */
  at: Date;
}

/** What the next calls get instead of, or before, a correct response. */
export interface StsScript {
  /** An STS error in its XML form. Status 403 by default. */
  fail?: { code: string; message: string; status?: number };
  /** Any response, verbatim. */
  raw?: StsAnswer;
  /** An HTML page, as from a captive portal. */
  html?: boolean;
  /** No response at all. */
  hang?: boolean;
  /** The connection is dropped without a response. */
  reset?: boolean;
  /** Milliseconds to wait before the response. */
  delayMs?: number;
  /** A promise to wait for before the response. */
  until?: Promise<void>;
  /** The number of consecutive calls. Default 1. */
  times?: number;
}

export interface StsServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request that was read completely, in the order of arrival. */
  readonly calls: readonly StsCall[];
  /** Adds behavior for later calls, after the already scripted behavior. */
  script(script: StsScript): void;
  /** Expires every session that was issued until now. */
  expireSessions(): void;
  /** Stops listening and closes the open connections. */
  close(): Promise<void>;
}

/** A user as described in the responses of STS. */
export interface StsUser {
  account: string;
  arn: string;
  userId: string;
  mfa: StsKey['mfa'];
}

/** A known access key: long-lived for a user, or of an issued session. */
export interface KnownKey {
  user: StsUser;
  accessKeyId: string;
  secretAccessKey: string;
  session?: { token: string; expiresAt: Date };
}

export interface StsAccounts {
  find(accessKeyId: string): KnownKey | undefined;
  /** Opens a session of the user. */
  issue(user: StsUser, expiresAt: Date): KnownKey & Required<Pick<KnownKey, 'session'>>;
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
