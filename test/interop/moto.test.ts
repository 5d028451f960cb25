import { beforeAll, describe, expect, test } from 'vitest';
import { startMoto, type Moto } from '../support/moto.ts';
import { peer } from '../support/peers.ts';
import { call, credentialsOf } from '../support/sts-client.ts';

const python = peer('aws-python')?.path ?? '';

describe.skipIf(!python)('moto', () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto(python);
    return () => moto.close();
  });

  test('has users whose keys open sessions', async () => {
    const ada = await moto.createUser('ada');
    const session = credentialsOf(await call(moto, ada, { Action: 'GetSessionToken' }));
    const caller = await call(moto, session, { Action: 'GetCallerIdentity' });
    expect(caller.tag('Account')).toBe('123456789012');
    expect((await call(moto, ada, { Action: 'GetCallerIdentity' })).tag('Arn')).toBe(
      'arn:aws:iam::123456789012:user/ada',
    );
  });

  test('has roles that a user and the session of another role assume', async () => {
    const bob = await moto.createUser('bob');
    const one = await moto.createRole('one', { AWS: 'arn:aws:iam::123456789012:user/bob' });
    const two = await moto.createRole('two', { AWS: one });
    const assume = { Action: 'AssumeRole', RoleSessionName: 'me' };
    const first = credentialsOf(await call(moto, bob, { ...assume, RoleArn: one }));
    const second = await call(moto, first, { ...assume, RoleArn: two });
    expect(second.tag('Arn')).toBe('arn:aws:sts::123456789012:assumed-role/two/me');
    const caller = await call(moto, credentialsOf(second), { Action: 'GetCallerIdentity' });
    expect(caller.tag('Arn')).toBe('arn:aws:sts::123456789012:assumed-role/two/me');
  });

  test('ends when it is closed', async () => {
    const other = await startMoto(python);
    await other.close();
    await expect(fetch(other.url)).rejects.toThrow('fetch failed');
  });
});
