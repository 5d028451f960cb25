// A client of the stand-in for STS that signs with the signer of the AWS SDK. It can send what the
// SDK never sends.
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { once } from 'node:events';
import { request as sendRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Signer {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

interface Signing {
  at?: string;
  service?: string;
  /** The Host header. Default: that of the URL. */
  host?: string;
  tampering?: { body?: string; path?: string; headers?: Record<string, string> };
}

/** Calls the stand-in. Without credentials, the request is not signed. */
export async function call(
  server: { url: string },
  credentials: Signer | undefined,
  params: Record<string, string>,
  { at, service = 'sts', host, tampering = {} }: Signing = {},
) {
  const url = new URL(server.url);
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname: url.hostname,
    port: Number(url.port),
    path: '/',
    query: {},
    headers: { host: host ?? url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Version: '2011-06-15', ...params }).toString(),
  };
  const date = at === undefined ? {} : { signingDate: new Date(at) };
  const signer =
    credentials && new SignatureV4({ credentials, region: 'eu-west-1', service, sha256: NodeHash });
  const signed = (await signer?.sign(request, date)) ?? request;
  const headers = { ...signed.headers, ...tampering.headers };
  return send(new URL(tampering.path ?? '/', url), headers, tampering.body ?? request.body);
}

/** Sends a request as it is. */
export async function send(url: URL, headers: Record<string, string>, body: string) {
  // Not fetch(), which replaces the Host header.
  const sent = sendRequest(url, { method: 'POST', headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const received = await text(response);
  const tag = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(received)?.[1];
  const status = response.statusCode ?? 0;
  return {
    status,
    headers: response.headers,
    tag,
    error: () => [status, tag('Code'), tag('Message')] as const,
  };
}

/** The credentials that the answer issues. */
export function credentialsOf({
  tag,
}: Pick<Awaited<ReturnType<typeof send>>, 'tag'>): Required<Signer> {
  return {
    accessKeyId: tag('AccessKeyId') ?? '',
    secretAccessKey: tag('SecretAccessKey') ?? '',
    sessionToken: tag('SessionToken') ?? '',
  };
}

/** SHA-256 with the interface that the signer requires. */
class NodeHash {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
