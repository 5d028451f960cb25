import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../src/clouds/proxy.ts';
import { thrownBy } from '../support/error-of.ts';

const sts = new URL('https://sts.eu-west-1.amazonaws.com');
const plain = new URL('http://aws.example.com');
const proxy = 'http://proxy.example.com:3128';

const originFor = (url: URL, env: Record<string, string>) => proxyFor(url, env)?.url.origin;

describe('which proxy', () => {
  test.each([
    ['HTTPS_PROXY for https', sts, { HTTPS_PROXY: proxy }, proxy],
    ['HTTP_PROXY not for https', sts, { HTTP_PROXY: proxy }, undefined],
    ['HTTP_PROXY for http', plain, { HTTP_PROXY: proxy }, proxy],
    ['ALL_PROXY for both', sts, { ALL_PROXY: proxy }, proxy],
    ['lower case first', sts, { https_proxy: proxy, HTTPS_PROXY: 'http://other' }, proxy],
    ['its own before ALL_PROXY', sts, { ALL_PROXY: 'http://other', HTTPS_PROXY: proxy }, proxy],
    ['an empty variable counts as absent', sts, { HTTPS_PROXY: '' }, undefined],
    ['a host and a port are an http proxy', sts, { HTTPS_PROXY: 'proxy.example.com:3128' }, proxy],
    ['none without a variable', sts, {}, undefined],
  ])('%s', (_name, url, env, origin) => {
    expect(originFor(url, env)).toBe(origin);
  });

  test.each(['http://127.0.0.1:4566', 'http://localhost', 'https://[::1]:1', 'http://127.8.8.8'])(
    'never for this machine: %s',
    (url) => {
      const env = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy };
      expect(proxyFor(new URL(url), env)).toBeUndefined();
    },
  );
});

describe('NO_PROXY', () => {
  test.each([
    ['*', true],
    ['sts.eu-west-1.amazonaws.com', true],
    ['amazonaws.com', true],
    ['.amazonaws.com', true],
    ['*.amazonaws.com', true],
    ['AMAZONAWS.COM', true],
    ['internal, .amazonaws.com', true],
    ['internal .amazonaws.com', true],
    ['amazonaws.com:443', true],
    ['amazonaws.com:8443', false],
    ['azonaws.com', false],
    ['ec2.eu-west-1.amazonaws.com', false],
    ['', false],
    [',', false],
  ])('%s', (list, isWithout) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const found = originFor(sts, { HTTPS_PROXY: proxy, [name]: list });
      expect(found).toBe(isWithout ? undefined : proxy);
    }
  });

  test('any text is read without an error', () => {
    fc.assert(
      fc.property(fc.string(), (list) => {
        proxyFor(sts, { HTTPS_PROXY: proxy, NO_PROXY: list });
      }),
    );
  });
});

describe('user and password', () => {
  test('become a header, and are no longer in the URL', () => {
    const found = proxyFor(sts, { HTTPS_PROXY: 'http://me:p%40ss@proxy.example.com:3128' });
    expect(found?.url.href).toBe('http://proxy.example.com:3128/');
    expect(found?.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  test.each(['socks5://proxy:1080', 'http://', 'http://a b', 'ftp://proxy', 'http://%zz:x@proxy'])(
    'a value that is no http proxy is an error that does not quote it: %s',
    (value) => {
      const error = thrownBy(() => proxyFor(sts, { https_proxy: value }));
      expect(error).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: 'https_proxy is not the URL of an http proxy',
        hints: [
          'set https_proxy to a URL such as http://proxy.example.com:3128',
          'unset https_proxy',
        ],
      });
    },
  );
});
