import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { selfSignedCertificate } from '../support/certificate.ts';
import { rootToken, startOpenBao } from '../support/openbao.ts';
import { peer } from '../support/peers.ts';
import { configOf, keyOnStdin, openMachine } from './machine.ts';

const bao = peer('openbao');
const page = fileURLToPath(new URL('../../docs/sharing.md', import.meta.url));

/** The blocks of the page for the administrator of a server, each as it stands. */
function blocksOfPage(): string[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].map(([, block = '']) => block).filter((block) => /\bbao /.test(block));
}

test.skipIf(!bao)(
  'the commands of docs/sharing.md prepare a server where runners read and administrators store',
  { timeout: 120_000 },
  async () => {
    const program = bao?.path ?? '';
    const server = await startOpenBao(program);
    onTestFinished(() => server.stop());
    const machine = await openMachine();
    const at = (name: string) => join(machine.project, name);
    for (const name of ['ann', 'ben', 'cal'])
      writeFileSync(at(`${name}-password.txt`), `password of ${name}`, { mode: 0o600 });
    writeFileSync(at('kubernetes-ca.crt'), selfSignedCertificate().cert);
    const env = {
      BAO_ADDR: server.url,
      BAO_TOKEN: rootToken,
      PATH: `${dirname(program)}:${process.env['PATH']}`,
    };
    const blocks = blocksOfPage();
    expect(blocks).toHaveLength(4);
    for (const block of blocks) {
      const ran = await machine.run('sh', ['-ec', block], { env });
      expect({ block, ...ran }).toMatchObject({ block, exitCode: 0 });
    }

    const spec = `address: "${server.url}", mount: team, sessions_keyring: memory`;
    const writeSpec = (more = '') =>
      machine.writeConfig(configOf(machine, { keyring: `type: vault\nspec: { ${spec}${more} }` }));
    writeSpec();
    const login = { password: 'password of ann' };
    const { body } = await server.call('POST', 'auth/userpass/login/ann', login);
    const ann = { VAULT_TOKEN: body.auth.client_token, ATMOS_AUTH_TRUST: '1' };
    const configure = 'auth user configure --stdin';
    const stored = await machine.atmos(configure, { env: ann, input: keyOnStdin });
    expect(stored).toMatchObject({ exitCode: 0 });

    const roleId = readFileSync(at('role-id'), 'utf8').trim();
    writeSpec(
      `, auth: { method: approle, role_id: ${roleId}, secret_id_file: ${at('secret-id')} }`,
    );
    const runner = { ATMOS_AUTH_TRUST: '1' };
    expect(await machine.atmos('auth login', { env: runner })).toMatchObject({ exitCode: 0 });
    const refused = await machine.atmos(configure, { env: runner, input: keyOnStdin });
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain("the token's policies do not allow writing an entry");
  },
);
