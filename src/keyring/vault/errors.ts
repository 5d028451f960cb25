import { BackendError, KeyringError, systemErrorCode } from '../../core/errors.ts';
import { say, type Hint } from '../../core/hint.ts';
import { quote, showValue } from '../../core/json.ts';
import { isTlsCode, networkReasons } from '../../core/network-reasons.ts';
import { shownKey } from '../key.ts';
import { baoCommand } from './bao-command.ts';
import { conditionOf, errorsIn, type Condition } from './conditions.ts';
import { requestLimitMs, RequestTimeout, type ServerAnswer } from './http.ts';
import type { VaultSettings } from './settings.ts';

// Each condition of the server, and each way in which it cannot be reached, as an error of the closed
// set with its own message and hint.

/**
 * What the server says of its error, for the end of a message. A word that could be a token is left out:
 * a server may repeat what was sent.
 */
function shownReason({ text = '' }: ServerAnswer): string {
  const [said = ''] = errorsIn(text);
  const short = said.replaceAll(/[\w.+/=~-]{21,}/g, '…').slice(0, 200);
  return short === '' ? '' : `: ${quote(short)}`;
}

/** https://openbao.org/docs/concepts/user-lockout/ */
const lockout = say(
  'after five refused logins the server refuses the role for 15 minutes by default: wait, or ask an administrator to unlock it',
);

/** The errors of one keyring: each names the server, and where its address was configured. */
export function createErrors(settings: VaultSettings) {
  const { address, namespace, mount, prefix } = settings;
  const url = address && showValue(address);
  const server = `the vault server ${url} (from ${address?.source})`;
  const namespaceName = namespace && showValue(namespace);
  const inNamespace = namespaceName === undefined ? '' : ` in the namespace ${namespaceName}`;
  const { method } = settings.login;
  const loginPath = `auth/${settings.login.mount}`;
  const status = [baoCommand(settings, ['status'], 'to test it')];

  function error(
    code: KeyringError['code'],
    message: string,
    hints: readonly Hint[] = [],
    cause?: unknown,
  ): KeyringError {
    return new KeyringError(code, message, { hints, cause });
  }

  /** @param what `reading an entry`, for the message */
  function denied(what: string): KeyringError {
    return error(
      'ERR_KEYRING_PERMISSIONS',
      `${server} denies permission: the token's policies do not allow ${what}${inNamespace}`,
      [
        say(
          `ask an administrator for a policy with create, read and update on ${mount}/data/${prefix}/*, and list and delete on ${mount}/metadata/${prefix}/*`,
        ),
      ],
    );
  }

  const checkLogin = say(
    `check the settings in auth.keyring.spec.auth, and on the server the role and its login method at ${loginPath}`,
  );
  /** The servers say no more than "permission denied" of a locked role and of a path without a method. */
  const deniedLogin = [...(method === 'approle' ? [lockout] : []), checkLogin];

  function late(limitMs: number): KeyringError {
    const message = `${server} did not answer within ${limitMs / 1000} seconds`;
    return error('ERR_KEYRING_TIMEOUT', message, status);
  }

  return {
    /** The server in a message. */
    server,

    ofCondition(condition: Condition, answer: ServerAnswer, waitedMs: number): KeyringError {
      const during = waitedMs < 1000 ? '' : ` for ${Math.round(waitedMs / 1000)} seconds`;
      const cause = new BackendError(`status ${answer.status}`);
      switch (condition) {
        case 'sealed':
          return error('ERR_KEYRING_LOCKED', `${server} is sealed`, [
            say('ask an administrator of the server to unseal it'),
          ]);
        case 'uninitialized':
          return error('ERR_KEYRING_UNAVAILABLE', `${server} is not initialized`, [
            say('ask an administrator of the server to initialize it'),
          ]);
        case 'no-leader':
          return error(
            'ERR_KEYRING_TIMEOUT',
            `the cluster of ${server} has had no active node${during}`,
            status,
            cause,
          );
        case 'no-namespace':
          return error('ERR_KEYRING_UNAVAILABLE', `${server} has no namespace ${namespaceName}`, [
            say('set auth.keyring.spec.namespace to a namespace that exists'),
          ]);
        case 'no-mount':
          return error(
            'ERR_KEYRING_UNAVAILABLE',
            `${server} has no secrets engine at ${mount}${inNamespace}`,
            [
              say('set auth.keyring.spec.mount to the path of a KV secrets engine of version 2'),
              baoCommand(
                settings,
                ['secrets', 'enable'],
                'as an administrator of the server, to create it',
                [`-path=${mount}`, '-version=2', 'kv'],
              ),
            ],
          );
        case 'busy':
          return error(
            'ERR_KEYRING_BUSY',
            `${server} refused requests${during} because it is busy (status ${answer.status})`,
            [say('try again later')],
            cause,
          );
        case 'too-large':
          return error(
            'ERR_KEYRING_TOO_LARGE',
            `${server} refused a value that is too large for it`,
          );
        case 'changed':
          return error('ERR_KEYRING_BUSY', `another process changed the entry on ${server}`);
        case 'denied':
          return denied('the request');
        case 'redirected':
          return error(
            'ERR_KEYRING_UNAVAILABLE',
            `${server} has redirected requests${during} (status ${answer.status}), and redirects are not followed`,
            [say('set the address to the server to which it redirects')],
            cause,
          );
        case 'failing':
          return error(
            'ERR_KEYRING_IO',
            `${server} failed${during} (status ${answer.status})${shownReason(answer)}`,
            status,
            cause,
          );
        case 'refused':
          return error(
            'ERR_KEYRING_IO',
            `${server} refused the request (status ${answer.status})${shownReason(answer)}`,
            [
              /HTTP request to an HTTPS server/i.test(answer.text ?? '')
                ? say('the server uses TLS: use https in the address')
                : say('the log of the server has the reason'),
            ],
            cause,
          );
      }
    },

    /** No answer. Undefined for an error that the network did not cause. */
    ofFailure(failure: unknown): KeyringError | undefined {
      if (failure instanceof RequestTimeout) return late(requestLimitMs);
      const code = systemErrorCode(failure) ?? '';
      if (isTlsFailure(failure)) {
        return error(
          'ERR_KEYRING_UNAVAILABLE',
          `${server} cannot be verified: TLS failed (${code})`,
          [tlsHint(code)],
          failure,
        );
      }
      const reason = code.startsWith('HPE_') ? 'it does not answer in HTTP' : networkReasons[code];
      if (reason === undefined) return undefined;
      return error(
        'ERR_KEYRING_UNAVAILABLE',
        `${server} cannot be reached: ${reason} (${code})`,
        status,
        failure,
      );
    },

    denied,
    late,

    /** @param from the source of the token */
    tokenRefused(from: string, hints: readonly Hint[]): KeyringError {
      return error(
        'ERR_KEYRING_PASSWORD_REQUIRED',
        `${server} does not accept the token from ${from}: it is invalid, or has expired`,
        hints,
      );
    },

    /** @param why completes a message: `no token was found` */
    noToken(why: string, hints: readonly Hint[], cause?: unknown): KeyringError {
      return error('ERR_KEYRING_PASSWORD_REQUIRED', why, hints, cause);
    },

    /** @param secrets what was sent, for the reason of the server, which may repeat it */
    loginRefused(answer: ServerAnswer, secrets: readonly string[]): KeyringError {
      const { status: code, text = '' } = answer;
      const [said = ''] = errorsIn(text);
      const isShown = said !== '' && !secrets.some((secret) => said.includes(secret));
      return error(
        'ERR_KEYRING_PASSWORD_REQUIRED',
        `${server} refused the login by ${method} at ${loginPath}${inNamespace} (status ${code})${isShown ? `: ${quote(said.slice(0, 200))}` : ''}`,
        conditionOf(answer) === 'denied' ? deniedLogin : [checkLogin],
      );
    },

    /** @param isVersion1 whether it is a KV secrets engine of version 1, which can be upgraded */
    wrongVersion(what: string, isVersion1 = false): KeyringError {
      const upgrade = baoCommand(
        settings,
        ['kv', 'enable-versioning'],
        'as an administrator of the server, to upgrade it',
        [`${mount}/`],
      );
      return error(
        'ERR_KEYRING_VERSION',
        `${mount} of ${server} is ${what}, and the vault keyring needs a KV secrets engine of version 2`,
        [...(isVersion1 ? [upgrade] : []), say('set auth.keyring.spec.mount to another engine')],
      );
    },

    lostRace(key: string): KeyringError {
      return error(
        'ERR_KEYRING_BUSY',
        `another process changed the entry ${shownKey(key)} on ${server} twice while it was written`,
        [say('run the command again')],
      );
    },

    foreign(key: string): KeyringError {
      return error(
        'ERR_KEYRING_FOREIGN',
        `the secret of the entry ${shownKey(key)} on ${server} was written by another program: it does not have exactly one field "value" with text`,
        [say(`move that secret away from ${mount}/${prefix}`)],
      );
    },

    slowListing(seconds: number): KeyringError {
      return error(
        'ERR_KEYRING_TIMEOUT',
        `${server} did not list all entries within ${seconds} seconds`,
        status,
      );
    },

    /** @param what `an answer that is not JSON` */
    unreadable(what: string): KeyringError {
      return error('ERR_KEYRING_IO', `${server} returned ${what}`, [
        say('check that the address is that of an OpenBao or HashiCorp Vault server'),
        ...status,
      ]);
    },

    certificates(path: string, reason: string): KeyringError {
      return error('ERR_KEYRING_IO', `the certificates in ${path} for ${server} ${reason}`, [
        say('set auth.keyring.spec.ca_cert to a PEM file with the certificate of the authority'),
      ]);
    },
  };
}

export type VaultErrors = ReturnType<typeof createErrors>;

/** Whether the server was reached, but is not the one that was configured or does not use TLS. */
export function isTlsFailure(failure: unknown): boolean {
  return isTlsCode(systemErrorCode(failure) ?? '');
}

function tlsHint(code: string): Hint {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return otherName;
  return notTls.has(code) ? plain : otherIssuer;
}

/** What OpenSSL says to an answer that is not TLS. */
const notTls = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
]);

const plain = say(
  'if the server does not use TLS, use http in the address, which is allowed only for this machine',
);

const otherIssuer = say(
  'set auth.keyring.spec.ca_cert to a PEM file with the certificate of the authority',
);

const otherName = say(
  "use a host of the server's certificate in the address, or set auth.keyring.spec.tls_server_name to one",
);
