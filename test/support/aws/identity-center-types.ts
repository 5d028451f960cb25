// The types of the stand-in for IAM Identity Center, identity-center.mjs, which is plain JavaScript.
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestScript } from '../stand-in-server.mjs';

export interface SsoAccount {
  /** Twelve digits. */
  id: string;
  name: string;
  email: string;
  /** The names of the permission sets that the users of the account have. */
  roles: string[];
}

export interface SsoUser {
  name: string;
  /** The ids of the accounts to which the user is assigned. Default: all. */
  accounts?: string[];
}

/** How long things last, in seconds. */
export interface SsoLifetimes {
  /** An access token of a client with scopes. Default 3600; without scopes 28,800. */
  token: number;
  /** The registration of a client. Default 90 days. */
  registration: number;
  /** The portal session of a user, after which nothing can be refreshed. Default 28,800. */
  portal: number;
  /** The credentials of a role. Default 3600. */
  credentials: number;
  /** A device code. Default 600. */
  deviceCode: number;
  /** An authorization code. Default 60. */
  authorizationCode: number;
}

/** What a person does who opens one of the pages: `ask` shows it with its buttons. */
export type SsoPages = 'ask' | 'allow' | 'deny';

export interface IdentityCenterOptions {
  /** Default: two accounts, `dev` and `prod`, with the roles `Administrator` and `ReadOnly`. */
  accounts?: SsoAccount[];
  /** The first one signs in unless the page or the test says otherwise. Default: `ada`. */
  users?: SsoUser[];
  /** The start URL of the portal. Default `https://d-9067000000.awsapps.com/start`. */
  startUrl?: string;
  /** Default `eu-west-1`. */
  region?: string;
  lifetimes?: Partial<SsoLifetimes>;
  /** Seconds between two polls of the device flow; 0: any. Default 1. */
  pollIntervalSeconds?: number;
  /** The most entries of a page of accounts or roles. Default 100. */
  pageSize?: number;
  /** Calls of the portal in one second; more are throttled. Default: any number. */
  callsPerSecond?: number;
  /** Default `ask`. */
  pages?: SsoPages;
  /** Whether a device code is allowed as soon as it is issued, without a page. Default false. */
  isPreauthorized?: boolean;
  /** How far the server's clock is ahead of `now`; negative: behind. */
  clockOffsetMs?: number;
  now?: () => Date;
  /** Whether responses have a Date header. Default true. */
  dateHeader?: boolean;
  /** Gets each role session that is issued, for example to add it to the stand-in for STS. */
  onCredentials?: (session: RoleCredentials) => void;
}

/** The credentials of a role, and the role that they are for. */
export interface RoleCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  token: string;
  expiresAt: Date;
  /** `arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/…/AWSReservedSSO_…` */
  roleArn: string;
  /** The name of the user. */
  sessionName: string;
}

export interface SsoCall {
  /** As in the API, a CreateToken with its grant: `CreateToken refresh_token`; `(none)`: unknown. */
  action: string;
  method: string;
  path: string;
  /** Of the body and the query. Secrets are shown as `******`. */
  params: Record<string, unknown>;
  /** What the request has that the API does not have. It was answered with status 400 or 404. */
  problem?: string;
  /** By the server's clock. */
  at: Date;
}

/** What the next requests get instead of, or before, a correct response. */
export interface SsoScript extends RequestScript {
  /** An error of the API. `action` can be `CreateToken` for every grant. */
  fail?: { name: SsoErrorName; message?: string };
  /** Any response, verbatim. */
  raw?: SsoAnswer;
}

export type SsoErrorName =
  | 'AccessDeniedException'
  | 'AuthorizationPendingException'
  | 'ExpiredTokenException'
  | 'ForbiddenException'
  | 'InternalServerException'
  | 'InvalidClientException'
  | 'InvalidClientMetadataException'
  | 'InvalidGrantException'
  | 'InvalidRedirectUriException'
  | 'InvalidRequestException'
  | 'InvalidScopeException'
  | 'ResourceNotFoundException'
  | 'SlowDownException'
  | 'TooManyRequestsException'
  | 'UnauthorizedClientException'
  | 'UnauthorizedException'
  | 'UnsupportedGrantTypeException';

export interface IdentityCenter {
  /** `http://127.0.0.1:PORT`, the endpoint of both services. */
  readonly url: string;
  readonly startUrl: string;
  readonly region: string;
  /** Read at each request: a test may change it. */
  readonly accounts: SsoAccount[];
  /** Every request that was read completely, in the order of arrival. */
  readonly calls: readonly SsoCall[];
  /** The number of requests by action. */
  requests(): Record<string, number>;
  /** The problems of all requests. */
  problems(): string[];
  /** Resolves when the next request of this action has been answered. */
  answered(action: string): Promise<SsoCall>;
  /**
   * Allows the device codes that wait for a person.
   *
   * @throws if none waits, or if the user does not exist
   */
  approve(options?: { userCode?: string; user?: string }): void;
  /** Refuses them. */
  deny(options?: { userCode?: string }): void;
  /** Changes what a person does on the pages. */
  setPages(pages: SsoPages): void;
  /** Registers a client and signs the user in, as the AWS CLI does, without any request. */
  signIn(options?: { user?: string; scopes?: string[] }): CachedToken;
  /** Expires every access token that was issued until now. */
  expireTokens(): void;
  /** Ends the portal session of every user, as an administrator can. */
  endPortalSessions(): void;
  /** Expires the registration of every client. */
  expireRegistrations(): void;
  /** Adds behavior for later requests, after the already scripted behavior. */
  script(script: SsoScript): void;
  /** Sets how far the clock is ahead of `now`; negative: behind. */
  setClock(offsetMs: number): void;
  /** Stops listening and closes the open connections. */
  close(): Promise<void>;
}

/** The content of a file in `~/.aws/sso/cache/`, as the AWS CLI and the SDKs share it. */
export interface CachedToken {
  startUrl: string;
  region: string;
  accessToken: string;
  /** `2026-01-31T12:00:00Z` */
  expiresAt: string;
  clientId: string;
  clientSecret: string;
  registrationExpiresAt: string;
  refreshToken?: string;
}

/** A response before it is sent. Status 200 and JSON by default. */
export interface SsoAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

/** A request after its parameters were checked. */
export interface SsoRequest {
  headers: IncomingHttpHeaders;
  /** Of the body and the query. */
  params: Readonly<Record<string, string | string[]>>;
}

/** The name and the form of one operation of the API. */
export interface SsoOperation {
  name: string;
  /** Where its parameters are: a JSON body, the query, or the fields of an HTML form. */
  input: 'json' | 'query' | 'form';
  required: readonly string[];
  optional: readonly string[];
  /** Those of its parameters that are lists of strings. */
  lists?: readonly string[];
  answer(request: SsoRequest): SsoAnswer;
}

/** By method and path: `POST /token`. */
export type SsoOperations = Readonly<Record<string, SsoOperation>>;

/** The settings, with their defaults. */
export interface SsoSettings {
  accounts: SsoAccount[];
  users: SsoUser[];
  /** The name of a user that exists: by default the first one. */
  userNamed: (name?: string) => string;
  /** Whether a start URL or issuer URL is that of this portal. */
  isPortal: (url: string) => boolean;
  region: string;
  lifetimes: SsoLifetimes;
  pollIntervalSeconds: number;
  pageSize: number;
  callsPerSecond: number;
  isPreauthorized: boolean;
  onCredentials: (session: RoleCredentials) => void;
  clock: () => Date;
  pages: () => SsoPages;
}

export interface SsoClient {
  id: string;
  secret: string;
  scopes: readonly string[];
  /** Undefined: every grant but that of authorization codes. */
  grantTypes: readonly string[] | undefined;
  redirectUris: readonly string[];
  expiresAt: Date;
}

/** Of a user at the portal: all access and refresh tokens of the user end with it. */
export interface PortalSession {
  user: string;
  endsAt: Date;
}

/** The response of CreateToken. */
export interface IssuedToken {
  accessToken: string;
  tokenType: 'Bearer';
  expiresIn: number;
  refreshToken?: string;
}

export interface SsoSessions {
  /** The portal session of the user: the current one, or a new one. */
  open(user: string): PortalSession;
  issue(session: PortalSession, client: SsoClient): IssuedToken;
  /** The session of a refresh token, which is spent by this. */
  spend(refreshToken: string, client: SsoClient): PortalSession | undefined;
  /** The session of an access token that is valid. */
  find(accessToken: string): PortalSession | undefined;
  expireTokens(): void;
  end(session: PortalSession): void;
  endAll(): void;
}
