// A real OpenID Connect issuer on loopback: oauth2-mock-server, with its discovery document and its
// public keys. It mints any token, as the issuers of CI systems do for their jobs.
import { OAuth2Server } from 'oauth2-mock-server';

export interface OidcIssuer {
  /** The `iss` of its tokens, `http://127.0.0.1:PORT`. */
  readonly url: string;
  mint(claims: TokenClaims): Promise<string>;
  /** After this it cannot be reached, and mints no tokens. */
  close(): Promise<void>;
}

export interface TokenClaims {
  readonly audience: string | readonly string[];
  readonly subject: string;
  /** In seconds. Default 300, as on GitHub; negative for an expired token. */
  readonly lifetime?: number;
  /** Other claims, such as `repository`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/**
 * @param options.algorithm of its key. Default RS256.
 * @param options.now the time of its tokens. Default: the system's.
 */
export async function startOidcIssuer({
  algorithm = 'RS256',
  now = () => new Date(),
}: { algorithm?: 'RS256' | 'ES256'; now?: () => Date } = {}): Promise<OidcIssuer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate(algorithm);
  await server.start(undefined, '127.0.0.1');
  const url = `http://127.0.0.1:${server.address().port}`;
  // It would name itself localhost, which can also be ::1.
  server.issuer.url = url;
  return {
    url,
    mint: ({ audience, subject, lifetime = 300, extra = {} }) =>
      server.issuer.buildToken({
        scopesOrTransform(_header, payload) {
          const issuedAt = Math.floor(now().getTime() / 1000);
          const times = { iat: issuedAt, nbf: issuedAt, exp: issuedAt + lifetime };
          Object.assign(payload, extra, { aud: audience, sub: subject, ...times });
        },
      }),
    close: async () => {
      if (server.listening) await server.stop();
    },
  };
}
