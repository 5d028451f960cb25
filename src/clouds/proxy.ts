import { AtmosError } from '../core/errors.ts';
import { say, unsetVariable } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import { isLoopback } from '../core/loopback.ts';

type Environment = Host['env'];

/** The proxy that requests to one address go through. */
export interface Proxy {
  /** The variable that names it: `HTTPS_PROXY`. */
  readonly variable: string;
  /** Without user and password. */
  readonly url: URL;
  /** The header that carries user and password, if the variable has them. Secret. */
  readonly authorization: string | undefined;
  /** The variable that lists hosts without a proxy, and its value, empty if it is not set. */
  readonly exceptions: { readonly variable: string; readonly value: string };
}

/**
 * The proxy for a URL: that of `HTTPS_PROXY` or `HTTP_PROXY`, by the scheme of the URL, else of
 * `ALL_PROXY`, each also in lower case, which wins, as in curl. Undefined if no variable is set, if `NO_PROXY`
 * lists the host, and always for this machine.
 *
 * @throws ERR_CONFIG_INVALID for a value that is not the URL of an http or https proxy
 */
export function proxyFor(url: URL, env: Environment): Proxy | undefined {
  if (isLoopback(url.hostname) || isWithoutProxy(url, env)) return undefined;
  const own = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const variable = [own, 'ALL_PROXY']
    .flatMap((name) => [name.toLowerCase(), name])
    .find((name) => (env[name] ?? '') !== '');
  if (variable === undefined) return undefined;
  return { ...readProxy(variable, env[variable] ?? ''), exceptions: exceptionsIn(env) };
}

function exceptionsIn(env: Environment): Proxy['exceptions'] {
  const variable = env['no_proxy'] === undefined ? 'NO_PROXY' : 'no_proxy';
  return { variable, value: env[variable] ?? '' };
}

function readProxy(variable: string, value: string): Omit<Proxy, 'exceptions'> {
  // As in curl, `proxy.example.com:3128` is an http proxy.
  const text = value.includes('://') ? value : `http://${value}`;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw notProxy(variable);
  const url = new URL(text);
  const authorization = authorizationOf(url, variable);
  url.username = '';
  url.password = '';
  return { variable, url, authorization };
}

function authorizationOf({ username, password }: URL, variable: string): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(text).toString('base64')}`;
  } catch {
    throw notProxy(variable);
  }
}

/** Does not quote the value: it may hold a password. */
function notProxy(variable: string): AtmosError {
  return new AtmosError('ERR_CONFIG_INVALID', `${variable} is not the URL of an http proxy`, {
    hints: [
      say(`set ${variable} to a URL such as http://proxy.example.com:3128`),
      unsetVariable(variable),
    ],
  });
}

/** As curl reads `NO_PROXY`: hosts, domains and `host:port` with commas or spaces between, or `*`. */
function isWithoutProxy({ hostname, port, protocol }: URL, env: Environment): boolean {
  const { value: list } = exceptionsIn(env);
  const host = hostname.replace(/\.$/, '');
  const hostPort = port || (protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, name = '', ownPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
    if (domain === '' || (ownPort !== undefined && ownPort !== hostPort)) return false;
    return `.${host}`.endsWith(`.${domain}`);
  });
}
