// A stand-in for the endpoint where a job of GitHub Actions asks for its OpenID Connect token,
// written from the documentation of GitHub Actions and the client in @actions/core.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OidcIssuer } from './oidc-issuer.ts';

export interface GithubTokens {
  /** The variables of a job that may ask for tokens. */
  readonly env: Readonly<
    Record<'ACTIONS_ID_TOKEN_REQUEST_URL' | 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', string>
  >;
  /** The audience of each request; undefined if it named none. Refused requests are included. */
  readonly requests: readonly (string | undefined)[];
  /** Answers the next request with this status and without a token. */
  failNext(status: number): void;
  close(): Promise<void>;
}

const bearer = 'CanaryJobToken0123456789';
/** What GitHub takes if a request names no audience: the owner of the repository. */
const ownAudience = 'https://github.com/acme';

/** @param subject of each token: `repo:acme/site:ref:refs/heads/main` */
export async function startGithubTokens(
  issuer: OidcIssuer,
  subject: string,
): Promise<GithubTokens> {
  const requests: (string | undefined)[] = [];
  const failures: number[] = [];

  async function answer(url: URL, authorization = ''): Promise<[number, object]> {
    const audience = url.searchParams.get('audience') ?? undefined;
    requests.push(audience);
    const failure = failures.shift();
    if (failure !== undefined) return [failure, { message: 'failed by the test' }];
    // The scheme is not case-sensitive, and the client writes "Bearer".
    const [scheme, token] = authorization.split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || token !== bearer) {
      return [401, { message: 'unauthorized' }];
    }
    const value = await issuer.mint({ audience: audience ?? ownAudience, subject });
    return [200, { count: value.length, value }];
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    void answer(url, request.headers.authorization).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      // It has a query already, as GitHub's has.
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/idtoken/1/2?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
    },
    requests,
    failNext: (status) => void failures.push(status),
    close: async () => {
      const closed = new Promise((done) => {
        server.close(done);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}
