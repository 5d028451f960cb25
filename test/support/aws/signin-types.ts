// The types of the stand-in for AWS Sign-In, signin.mjs, which is plain JavaScript.
import type { RequestScript } from '../stand-in-server.mjs';

/** How long things last, in seconds. */
export interface SigninLifetimes {
  /** Credentials. Default 900. */
  credentials: number;
  /** An authorization code. Default 60. */
  code: number;
  /** A sign-in, after which nothing can be refreshed. Default 43,200. */
  session: number;
  /** A refresh token after its first use: it gives the same answer again until then. Default 60. */
  repeat: number;
}

/** What a person does who opens the page: `ask` shows it with its buttons. */
export type SigninPages = 'ask' | 'allow' | 'deny';

export interface SigninOptions {
  /** The principal that signs in. Default `arn:aws:iam::123456789012:user/ada`. */
  principal?: string;
  lifetimes?: Partial<SigninLifetimes>;
  /** Default `ask`. */
  pages?: SigninPages;
  /** How far the `iat` of a proof may be from the server's clock, in seconds. Default 300. */
  proofSeconds?: number;
  /** How far the server's clock is ahead of `now`; negative: behind. */
  clockOffsetMs?: number;
  now?: () => Date;
  /** Whether responses have a Date header. Default true. */
  dateHeader?: boolean;
  /** Gets the credentials that are issued, for example to add them to the stand-in for STS. */
  onCredentials?: (session: SigninCredentials) => void;
}

export interface SigninCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  token: string;
  expiresAt: Date;
  /** `arn:aws:iam::123456789012:user/ada` */
  principal: string;
}

export interface SigninCall {
  /** `Authorize`, `Decide`, `Confirm`, `CreateOAuth2Token refresh_token` …; `(none)`: unknown. */
  action: string;
  /** What the request has that the published flow does not have, or why its proof is refused. */
  problem?: string;
  /** The thumbprint of the key of the proof (RFC 7638), if the proof is valid. */
  thumbprint?: string;
  /** The error of the answer. */
  error?: SigninErrorCode;
  /** By the server's clock. */
  at: Date;
}

/** The codes of the service model, of its 400, 401, 403, 429 and 500 answers. */
export type SigninErrorCode =
  | 'TOKEN_EXPIRED'
  | 'AUTHCODE_EXPIRED'
  | 'USER_CREDENTIALS_CHANGED'
  | 'INSUFFICIENT_PERMISSIONS'
  | 'INVALID_REQUEST'
  | 'server_error';

/** What the next requests get instead of, or before, a correct response. */
export interface SigninScript extends RequestScript {
  /** An error of the API. `isThrottle`: status 429. */
  fail?: { code: SigninErrorCode; message?: string; isThrottle?: boolean };
  /** The request is handled at once, and answered after this. */
  answerAfter?: Promise<void>;
  /** Any response, verbatim. */
  raw?: SigninAnswer;
}

/** A response before it is sent. Status 200 and JSON by default. */
export interface SigninAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

export interface Signin {
  /** `http://127.0.0.1:PORT`, for AWS_ENDPOINT_URL_SIGNIN. */
  readonly url: string;
  readonly principal: string;
  /** Every request that was read completely, in the order of arrival. */
  readonly calls: readonly SigninCall[];
  /** The number of requests by action. */
  requests(): Record<string, number>;
  /** The problems of all requests. */
  problems(): string[];
  /** Resolves when the next request of this action has been answered. */
  answered(action: string): Promise<SigninCall>;
  /** Changes what a person does on the page. */
  setPages(pages: SigninPages): void;
  /**
   * Signs the principal in without any request, as the AWS CLI does.
   *
   * @param expiresInSeconds of the credentials; less than the default as if they had been refreshed before
   */
  signIn(expiresInSeconds?: number): LoginCache;
  /** Ends every sign-in: refreshing answers with this code from now on. Default TOKEN_EXPIRED. */
  endSessions(code?: SigninErrorCode): void;
  /** Adds behavior for later requests, after the already scripted behavior. */
  script(script: SigninScript): void;
  /** Sets how far the clock is ahead of `now`; negative: behind. */
  setClock(offsetMs: number): void;
  /** Stops listening and closes the open connections. */
  close(): Promise<void>;
}

/** The content of a file in `~/.aws/login/cache/`, as the AWS CLI and the SDKs share it. */
export interface LoginCache {
  accessToken: {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken: string;
    accountId: string;
    /** `2026-01-31T12:00:00Z` */
    expiresAt: string;
  };
  tokenType: 'aws_sigv4';
  clientId: string;
  refreshToken: string;
  idToken: string;
  /** The private key, in the PEM of SEC 1. */
  dpopKey: string;
}

/** The settings, with their defaults. */
export interface SigninSettings {
  principal: string;
  lifetimes: SigninLifetimes;
  proofSeconds: number;
  clock: () => Date;
  pages: () => SigninPages;
  onCredentials: (session: SigninCredentials) => void;
  /** The own address, which is in every proof. */
  origin: () => string;
}

/** Whom an authorization request or a code belongs to. */
export interface SigninGrant {
  clientId: string;
  redirectUri: string;
  challenge: string;
  state: string;
}
