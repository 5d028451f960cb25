import { expect, test } from 'vitest';
import { openDesk, yamlOf } from './desk.ts';

const recorded = { ATMOS_AUTH_ENV_SET: 'ATMOS_IDENTITY,ATMOS_PROFILE,AWS_PROFILE' };
const takeBack = 'hint: eval "$(atmos auth env --unset)"\n';

test.each(['auth whoami', 'auth env', 'auth login', 'auth logout'])(
  'an ATMOS_IDENTITY of another project is reported: %s',
  async (line) => {
    const desk = await openDesk({ entries: {} });
    const { exitCode, code, stderr } = await desk.run(line, { env: { ATMOS_IDENTITY: 'zebra' } });
    expect({ exitCode, code }).toEqual({ exitCode: 2, code: 'ERR_IDENTITY_UNKNOWN' });
    expect(stderr).toContain('unknown identity "zebra" (from ATMOS_IDENTITY): expected dev in ');
    expect(stderr).toContain('hint: unset ATMOS_IDENTITY\n');
    expect(stderr).not.toContain(takeBack);
    const env = { ATMOS_IDENTITY: 'zebra', ...recorded };
    expect((await desk.run(line, { env })).stderr).toContain(
      `hint: unset ATMOS_IDENTITY\n${takeBack}`,
    );
    // The user knows what the command line says.
    const typed = await desk.run('auth whoami -i zebra', { env });
    expect(typed.stderr).toContain('unknown identity "zebra": expected dev in');
    expect(typed.stderr).not.toContain('unset');
  },
);

test('an identity that atmos.yaml sets is reported with its position', async () => {
  const desk = await openDesk();
  const config = desk.configure(`env: { ATMOS_IDENTITY: zebra }\n${yamlOf(desk)}`);
  const { stderr } = await desk.run('auth whoami');
  expect(stderr).toContain(`unknown identity "zebra" (from env.ATMOS_IDENTITY (${config}:1:`);
  expect(stderr).not.toContain('unset');
});

test('an ATMOS_PROFILE of another project is reported with the command that unsets it', async () => {
  const desk = await openDesk();
  const run = (env: Record<string, string>) =>
    desk.run('auth whoami', { env: { ATMOS_PROFILE: 'zebra', ...env } });
  expect((await run({})).stderr).toContain('hint: unset ATMOS_PROFILE\n');
  const { code, stderr } = await run(recorded);
  expect(code).toBe('ERR_PROFILE_UNKNOWN');
  expect(stderr).toContain(`hint: unset ATMOS_PROFILE\n${takeBack}`);
  expect((await desk.run('auth whoami --profile zebra')).stderr).not.toContain('unset');
});

test('a variable that disables authentication is reported, with the way to enable it', async () => {
  const desk = await openDesk();
  const byVariable = await desk.run('auth whoami', { env: { ATMOS_IDENTITY: 'off' } });
  expect(byVariable).toMatchObject({ exitCode: 2, code: 'ERR_USAGE' });
  expect(byVariable.stderr).toBe(
    'error: authentication is switched off by ATMOS_IDENTITY, but this command requires an identity\nhint: unset ATMOS_IDENTITY\nhint: add -i <name>\n',
  );
  const byOption = await desk.run('auth whoami -i off', { env: { ATMOS_IDENTITY: 'dev' } });
  expect(byOption.stderr).toBe(
    'error: -i off switches authentication off, but this command requires an identity\n',
  );
  const config = desk.configure(`env: { ATMOS_IDENTITY: off }\n${yamlOf(desk)}`);
  const byFile = await desk.run('auth whoami');
  expect(byFile.stderr).toContain(`switched off by env.ATMOS_IDENTITY (${config}:1:`);
  expect(byFile.stderr).not.toContain('unset');
});
