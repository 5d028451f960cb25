import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { call, credentialsOf, send, type Signer } from '../support/sts-client.ts';
import { startSts } from '../support/sts-server.mjs';
import type { StsServer } from '../support/sts-types.ts';

// The signature check of the stand-in for AWS STS, against the signer of botocore.
const python = peer('aws-python')?.path ?? '';
const script = fileURLToPath(new URL('python/sign.py', import.meta.url));
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  account: '012345678901',
  userName: 'ada',
};
const body = 'Action=GetCallerIdentity&Version=2011-06-15';

let sts: StsServer | undefined;

afterEach(() => sts?.close());

async function start(): Promise<URL> {
  sts = await startSts({ keys: [key] });
  return new URL(`${sts.url}/`);
}

function sign(url: URL, signer: Signer): Record<string, string> {
  const input = `${JSON.stringify({ ...signer, url: url.href, body })}\n`;
  const { status, stdout, stderr } = spawnSync(python, [script], { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return { host: url.host, ...(JSON.parse(stdout) as Record<string, string>) };
}

describe.skipIf(!python)('a request that botocore signed', () => {
  test('is accepted with the secret of its key', async () => {
    const url = await start();
    const answer = await send(url, sign(url, key), body);
    expect(answer.tag('Arn')).toBe('arn:aws:iam::012345678901:user/ada');
  });

  test('is accepted with the token of its session', async () => {
    const url = await start();
    const request = { Action: 'GetSessionToken' };
    const session = credentialsOf(await call({ url: url.href }, key, request));
    const headers = sign(url, session);
    expect((await send(url, headers, body)).status).toBe(200);
    const another = { ...headers, 'X-Amz-Security-Token': 'another' };
    expect((await send(url, another, body)).error()[1]).toBe('InvalidClientTokenId');
  });

  test('is refused with another secret', async () => {
    const url = await start();
    const signer = { ...key, secretAccessKey: `${key.secretAccessKey}x` };
    expect((await send(url, sign(url, signer), body)).error().slice(0, 2)).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
  });

  test('is refused when its body, host or another signed header was altered', async () => {
    const url = await start();
    const headers = sign(url, key);
    const altered: [Record<string, string>, string][] = [
      [headers, body.replace('GetCallerIdentity', 'GetSessionToken')],
      [headers, `${body}&`],
      [{ ...headers, host: 'sts.amazonaws.com' }, body],
      [{ ...headers, 'content-type': 'text/plain' }, body],
      [{ ...headers, 'X-Amz-Date': later(headers['X-Amz-Date'] ?? '') }, body],
    ];
    for (const [sentHeaders, sentBody] of altered) {
      const answer = await send(url, sentHeaders, sentBody);
      expect(answer.error().slice(0, 2)).toEqual([403, 'SignatureDoesNotMatch']);
      expect(answer.error()[2]).toContain('The request signature we calculated does not match');
    }
    const unsigned = { ...headers, 'user-agent': 'another' };
    expect((await send(url, unsigned, body)).status).toBe(200);
  });
});

/** Another second of the same minute: `20260131T120000Z`. */
function later(date: string): string {
  return date.replace(/\d\dZ$/, (seconds) => (seconds === '00Z' ? '01Z' : '00Z'));
}
