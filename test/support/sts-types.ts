// The types of the stand-in for STS, sts-server.mjs, which is plain JavaScript.
import type { IncomingHttpHeaders } from 'node:http';

export interface StsKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Twelve digits. */
  account: string;
  userName: string;
  /** The user's device, and the codes it would show; each is accepted once. */
  mfa?: { arn: string; codes: string[] };
}

export interface StsOptions {
  keys: StsKey[];
  /** How far the server's clock is ahead of `now`; negative: behind. */
  clockOffsetMs?: number;
  now?: () => Date;
  /** Whether answers carry a Date header. Default true. */
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
  /** As asked for; `(none)` when the request named no action. */
  action: string;
  /** As claimed, whether or not the signature held; `(none)` when unsigned. */
  accessKeyId: string;
  /** Without Action and Version; a TokenCode is shown as `******`. */
  params: Record<string, string>;
  /** By the server's clock. */
  at: Date;
}

/** What the next calls get instead of, or besides, an honest answer. */
export interface StsScript {
  /** An STS error in its XML form. Status 403 by default. */
  fail?: { code: string; message: string; status?: number };
  /** Any answer, word for word. */
  raw?: StsAnswer;
  /** A page such as a captive portal gives. */
  html?: boolean;
  /** No answer, ever. */
  hang?: boolean;
  /** The connection is cut instead of an answer. */
  reset?: boolean;
  /** Wait before the answer. */
  delayMs?: number;
  /** Wait for it before the answer. */
  until?: Promise<void>;
  /** For how many calls, one after another. Default 1. */
  times?: number;
}

export interface StsServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request that was read whole, in the order of arrival. */
  readonly calls: readonly StsCall[];
  /** Adds behaviour for the calls to come, after what was scripted before. */
  script(script: StsScript): void;
  /** Ends every session that was issued so far. */
  expireSessions(): void;
  /** Stops listening and drops the connections that are open. */
  close(): Promise<void>;
}

/** A user, as STS answers about one. */
export interface StsUser {
  account: string;
  arn: string;
  userId: string;
  mfa: StsKey['mfa'];
}

/** A key that is known: a user's, for good, or of a session that was issued. */
export interface KnownKey {
  user: StsUser;
  accessKeyId: string;
  secretAccessKey: string;
  session?: { token: string; expiresAt: Date };
}

export interface StsAccounts {
  find(accessKeyId: string): KnownKey | undefined;
  /** Opens a session of the user's. */
  issue(user: StsUser, expiresAt: Date): KnownKey & Required<Pick<KnownKey, 'session'>>;
  expireSessions(at: Date): void;
  /** Whether the code is the device's and was not used before; from then on it was. */
  takeCode(device: NonNullable<StsKey['mfa']>, code: string): boolean;
}

/** An answer before it is sent. Status 200 and text/xml by default. */
export interface StsAnswer {
  status?: number;
  contentType?: string;
  body: string;
}

/** What a signature is made over. */
export interface SignedRequest {
  method: string;
  /** Path and query, as they stand on the request line. */
  url: string;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The Authorization header of Signature Version 4, read. */
export interface Authorization {
  accessKeyId: string;
  /** The day of the credential scope, `20260131`. */
  day: string;
  region: string;
  service: string;
  signedHeaders: string[];
  /** 64 hexadecimal digits. */
  signature: string;
}
