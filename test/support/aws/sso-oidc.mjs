// SSO-OIDC: registers clients and issues tokens for the three grants.
import { randomBytes } from 'node:crypto';
import { SsoError, json } from './sso-answers.mjs';
import { createAuthorize } from './sso-authorize.mjs';
import { createDevice } from './sso-device.mjs';
import { newSecret, secondsAfter } from './sso-sessions.mjs';

/**
 * @import { PortalSession, SsoClient, SsoOperations, SsoRequest, SsoSessions,
 *   SsoSettings } from './identity-center-types.ts'
 */

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const grants = ['authorization_code', deviceGrant, 'refresh_token'];

/**
 * @param {SsoSettings} settings
 * @param {SsoSessions} sessions
 */
export function createOidc(settings, sessions) {
  const { lifetimes, clock } = settings;
  /** @type {Map<string, SsoClient>} */
  const clients = new Map();

  /** @param {Pick<SsoClient, 'scopes' | 'grantTypes' | 'redirectUris'>} terms */
  const register = (terms) => {
    const id = randomBytes(24).toString('base64url');
    const expiresAt = secondsAfter(clock(), lifetimes.registration);
    /** @type {SsoClient} */
    const client = { ...terms, id, secret: newSecret('eyJ'), expiresAt };
    clients.set(id, client);
    return client;
  };

  /** @param {SsoRequest} request */
  const authenticate = ({ params }) => {
    const client = clients.get(String(params['clientId']));
    const isKnown = client?.secret === params['clientSecret'];
    if (!client || !isKnown || clock() >= client.expiresAt) {
      throw new SsoError('InvalidClientException');
    }
    return client;
  };

  const device = createDevice(settings, authenticate);
  const authorize = createAuthorize(settings, (id) => {
    const client = clients.get(id);
    return client && clock() < client.expiresAt ? client : undefined;
  });

  /**
   * @param {SsoRequest} request
   * @param {SsoClient} client
   * @returns {PortalSession | undefined}
   */
  const redeem = (request, client) => {
    const grant = String(request.params['grantType']);
    if (!grants.includes(grant)) throw new SsoError('UnsupportedGrantTypeException');
    if (!isAllowed(grant, client)) throw new SsoError('UnauthorizedClientException');
    if (grant === 'refresh_token') {
      return sessions.spend(required(request, 'refreshToken'), client);
    }
    const user =
      grant === deviceGrant
        ? device.redeem(required(request, 'deviceCode'), client)
        : authorize.redeem(
            {
              code: required(request, 'code'),
              redirectUri: required(request, 'redirectUri'),
              verifier: required(request, 'codeVerifier'),
            },
            client,
          );
    return user === undefined ? undefined : sessions.open(user);
  };

  /** @type {SsoOperations} */
  const operations = {
    ...device.operations,
    ...authorize.operations,
    'POST /client/register': {
      name: 'RegisterClient',
      input: 'json',
      required: ['clientName', 'clientType'],
      optional: ['scopes', 'redirectUris', 'grantTypes', 'issuerUrl', 'entitledApplicationArn'],
      lists: ['scopes', 'redirectUris', 'grantTypes'],
      answer(request) {
        const client = register(termsOf(request, settings.isPortal));
        return json({
          clientId: client.id,
          clientSecret: client.secret,
          clientIdIssuedAt: Math.floor(clock().getTime() / 1000),
          clientSecretExpiresAt: Math.floor(client.expiresAt.getTime() / 1000),
        });
      },
    },
    'POST /token': {
      name: 'CreateToken',
      input: 'json',
      required: ['clientId', 'clientSecret', 'grantType'],
      optional: ['deviceCode', 'code', 'refreshToken', 'scope', 'redirectUri', 'codeVerifier'],
      lists: ['scope'],
      answer(request) {
        const client = authenticate(request);
        const session = redeem(request, client);
        if (!session) throw new SsoError('InvalidGrantException');
        return json(sessions.issue(session, client));
      },
    },
  };

  return {
    operations,
    register,
    decide: device.decide,
    expireRegistrations() {
      for (const client of clients.values()) client.expiresAt = clock();
    },
  };
}

/**
 * @param {SsoRequest} request
 * @param {SsoSettings['isPortal']} isPortal
 */
function termsOf({ params }, isPortal) {
  const scopes = listOf(params['scopes']) ?? [];
  const grantTypes = listOf(params['grantTypes']);
  const redirectUris = listOf(params['redirectUris']) ?? [];
  const issuerUrl = params['issuerUrl'];
  if (params['clientType'] !== 'public') throw new SsoError('InvalidClientMetadataException');
  if (!scopes.every((scope) => /^[a-z]+(:[a-z_]+)+$/.test(scope))) {
    throw new SsoError('InvalidScopeException');
  }
  if (grantTypes?.some((grant) => !grants.includes(grant))) {
    throw new SsoError('UnsupportedGrantTypeException');
  }
  if (!redirectUris.every(isRedirectUri)) throw new SsoError('InvalidRedirectUriException');
  if (issuerUrl !== undefined && !isPortal(String(issuerUrl))) {
    throw new SsoError('InvalidRequestException', 'Invalid issuer URL provided');
  }
  if (grantTypes?.includes('authorization_code')) {
    if (redirectUris.length === 0) throw new SsoError('InvalidRedirectUriException');
    if (issuerUrl === undefined) {
      throw new SsoError('InvalidRequestException', 'issuerUrl is missing');
    }
  }
  return { scopes, grantTypes, redirectUris };
}

/**
 * A redirect to this machine has no port when it is registered, and any port when it is used
 * (RFC 8252, section 7.3).
 *
 * @param {string} text
 */
function isRedirectUri(text) {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, hash } = new URL(text);
  const isLoopback = ['127.0.0.1', '[::1]'].includes(hostname);
  return hash === '' && port === '' && protocol === 'http:' && isLoopback;
}

/**
 * @param {string} grant
 * @param {SsoClient} client
 */
function isAllowed(grant, { grantTypes }) {
  return grantTypes ? grantTypes.includes(grant) : grant !== 'authorization_code';
}

/**
 * @param {SsoRequest} request
 * @param {string} name
 */
function required({ params }, name) {
  const value = params[name];
  if (typeof value === 'string') return value;
  throw new SsoError('InvalidRequestException', `${name} is missing`);
}

/** @param {string | string[] | undefined} value */
function listOf(value) {
  return typeof value === 'string' ? [value] : value;
}
