import { AtmosError } from '../../core/errors.ts';
import { say, type Hint } from '../../core/hint.ts';
import { quoteValue, type Sourced } from '../../core/json.ts';
import type { SpecText } from '../../core/keyring-spec.ts';
import { isLoopback } from '../../core/loopback.ts';
import { withoutUrlUser } from '../../core/url-user.ts';

// Checks of single settings of the vault keyring. Each throws ERR_CONFIG_INVALID.

export function checkedAddress(address: SpecText): SpecText {
  const url = URL.canParse(address.value) ? new URL(address.value) : undefined;
  const hint = say('use a URL such as https://vault.example.com:8200');
  if (url === undefined || !['https:', 'http:'].includes(url.protocol)) {
    throw invalid(address, 'is not the URL of a server', hint);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(address, 'has more than scheme, host, port and path', hint);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw invalid(
      address,
      'would send entries to another machine without TLS',
      say('use https, or http with an address of this machine'),
    );
  }
  if (/\/v1\/*$/.test(url.pathname)) {
    // It is often copied with an address.
    throw invalid(address, 'ends with /v1', say('use the address without /v1'));
  }
  return address;
}

/** It is sent in a header. */
export function checkedNamespace(namespace: SpecText): SpecText {
  if (/^[\x21-\x7e]+$/.test(namespace.value)) return namespace;
  throw invalid(
    namespace,
    'is not the path of a namespace',
    say('use printable ASCII characters without spaces'),
  );
}

/** A path on the server, whose segments a client would change if they were empty or dots. */
export function serverPath(said: SpecText): string {
  const segments = said.value.replaceAll(/^\/+|\/+$/g, '').split('/');
  const isValid = segments.every((one) => !['', '.', '..'].includes(one) && !/\p{Cc}/u.test(one));
  if (isValid) return segments.join('/');
  throw invalid(said, 'is not a path on the server', say('use names separated by single slashes'));
}

export function invalid(said: Sourced<string>, message: string, ...hints: Hint[]): AtmosError {
  // An address may contain a password.
  const value = withoutUrlUser(said.value).replace(/\/\/[^/]*@/, '//…@');
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `the value ${quoteValue({ ...said, value })} (from ${said.source}) ${message}`,
    { hints },
  );
}

export function byDefault(value: string): SpecText {
  return { value, source: 'default' };
}
