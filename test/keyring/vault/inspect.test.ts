import { expect, test } from 'vitest';
import { vaultInspector } from '../../../src/keyring/vault/inspect.ts';
import { testStart } from '../../support/fake-host.ts';
import { startFakeVault, usual, type FakeAnswer } from '../../support/fake-vault.ts';
import { createVaultContext } from '../../support/vault-keyring.ts';

async function examine(lookUp: FakeAnswer, spec: Readonly<Record<string, string>> = {}) {
  const vault = await startFakeVault(({ path }) =>
    path === 'auth/token/lookup-self' ? lookUp : usual[path],
  );
  const host = { now: () => testStart, utcOffsetMinutes: () => 0 };
  const context = createVaultContext({ spec: { address: vault.url, ...spec }, host });
  const findings = await vaultInspector.examine(context);
  const lines = findings.map(({ id, state, message, hints }) => ({ id, state, message, hints }));
  return { url: vault.url, lines, details: await vaultInspector.askServer?.(context) };
}

const token = (data: object): FakeAnswer => ({ body: { data } });

test('names the version, the namespace, and the policies and end of the token', async () => {
  const lookUp = token({ policies: ['default', 'team'], ttl: 7200 });
  const { url, lines, details } = await examine(lookUp, { namespace: 'team' });
  expect(lines).toEqual([
    { id: 'server', state: 'ok', message: `${url} has version 2.7.2, namespace team`, hints: [] },
    {
      id: 'token',
      state: 'ok',
      message: 'the token has the policies default, team and expires at 2026-01-01T02:00:00Z',
      hints: [],
    },
  ]);
  expect(details).toEqual({
    address: url,
    version: '2.7.2',
    namespace: 'team',
    policies: ['default', 'team'],
    tokenExpiresAt: new Date('2026-01-01T02:00:00Z'),
  });
});

test('warns of a token that expires within an hour', async () => {
  const { url, lines } = await examine(token({ policies: ['team'], ttl: 600 }));
  expect(lines[1]).toMatchObject({
    state: 'warning',
    message: 'the token has the policies team and expires at 2026-01-01T00:10:00Z',
    hints: [{ kind: 'run', command: ['bao', 'token', 'renew', `-address=${url}`] }],
  });
});

test('a token may not expire, or may not look itself up', async () => {
  const { lines } = await examine(token({ policies: ['root'], ttl: 0 }));
  expect(lines[1]?.message).toBe('the token has the policies root and does not expire');
  const forbidden = { status: 403, body: { errors: ['1 error occurred:\n\t* permission denied'] } };
  expect((await examine(forbidden)).lines[1]?.message).toBe('the token may not look itself up');
});

test('reports nothing of a server that cannot be used: the test of the keyring does', async () => {
  const sealed = await startFakeVault(() => ({ body: { initialized: true, sealed: true } }));
  const context = createVaultContext({ spec: { address: sealed.url } });
  expect(await vaultInspector.examine(context)).toEqual([]);
});
