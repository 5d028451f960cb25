// A server of OpenBao on loopback, in memory, with a KV secrets engine of version 2 at `secret`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { createTemporaryDirectory } from './create-temporary.ts';

export const rootToken = 'root-token-of-a-test';

export interface CallOptions {
  readonly token?: string;
  readonly namespace?: string;
}

/** What a server answered. */
export interface Called {
  readonly status: number;
  // Tests know the form of an answer.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface OpenBao {
  /** `http://127.0.0.1:PORT`, or `https` */
  readonly url: string;
  /** With TLS: the file of the authority. */
  readonly caFile: string;
  readonly processId: number;
  call(method: string, path: string, body?: object, options?: CallOptions): Promise<Called>;
  /** Creates a policy and a token with it. */
  createToken(policy: string, options?: object): Promise<string>;
  /** The key with which a sealed server is opened. */
  readonly unsealKey: string;
  stop(): Promise<void>;
}

/**
 * @param program of the peer openbao
 * @param isTls whether it has a certificate of a private authority, for 127.0.0.1 and localhost
 */
export async function startOpenBao(program: string, isTls = false): Promise<OpenBao> {
  const home = createTemporaryDirectory();
  const port = await freePort();
  const tls = isTls ? ['-dev-tls', `-dev-tls-cert-dir=${home.path}`] : [];
  const child = spawn(
    program,
    [
      'server',
      '-dev',
      `-dev-listen-address=127.0.0.1:${port}`,
      `-dev-root-token-id=${rootToken}`,
      '-dev-no-store-token',
      ...tls,
    ],
    { env: { HOME: home.path }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const exited = once(child, 'exit');
  // The lines are read to the end, so that the server does not wait for a reader.
  const lines = createInterface({ input: child.stdout });
  const unsealKey = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const [, key] = /^Unseal Key: (.+)$/.exec(line) ?? [];
      if (key !== undefined) resolve(key);
    });
    lines.once('close', () => reject(new Error('OpenBao ended before it listened')));
  });
  const url = `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const call = caller(url);
  return {
    url,
    caFile: `${home.path}/vault-ca.pem`,
    processId: child.pid ?? 0,
    call,
    async createToken(policy, options = {}) {
      const name = `p${Math.random().toString(36).slice(2)}`;
      await call('PUT', `sys/policies/acl/${name}`, { policy });
      const request = { policies: [name], ...options };
      const { body } = await call('POST', 'auth/token/create', request);
      return body.auth.client_token;
    },
    unsealKey,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      home.remove();
    },
  };
}

/** Calls a server as an administrator. */
export function caller(url: string): OpenBao['call'] {
  return async (method, path, body, { token = rootToken, namespace } = {}) => {
    const answer = await fetch(`${url}/v1/${path}`, {
      method,
      headers: {
        'x-vault-token': token,
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
