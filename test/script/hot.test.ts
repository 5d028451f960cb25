import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { peer } from '../support/peers.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import { openHandleMachine, recordPlan, type HandleMachine } from './handle-machine.ts';
import { configOf, type Machine, type Result } from './machine.ts';

const limitMs = 120_000;
const shells = ['sh', ...(['zsh', 'fish'] as const).filter((shell) => peer(shell) !== undefined)];

/** Whether a command line is answered without the whole program. */
async function isHot({ run, root }: Machine, args: readonly string[]): Promise<boolean> {
  const [hook, list] = [join(root, 'hook.cjs'), join(root, 'loaded.json')];
  writeFileSync(
    hook,
    `process.once('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
  );
  await run(process.execPath, ['--require', hook, builtCli(), ...args]);
  const files: string[] = JSON.parse(readFileSync(list, 'utf8'));
  return !files.some((file) => file.endsWith('/program.cjs'));
}

describe('a hot command line', { timeout: limitMs }, () => {
  let place: HandleMachine;
  beforeEach(async () => {
    place = await openHandleMachine();
  });

  const hotLine = ({ handle }: HandleMachine) => ['auth', 'credential-process', '--handle', handle];

  test.each<[string, (place: HandleMachine) => string[]]>([
    ['--version', () => ['--version']],
    ['version', () => ['version']],
    ['--help', () => ['--help']],
    ['credential-process with a recorded plan', hotLine],
  ])('%s prints the same as the whole program, in every shell', async (_, lineOf) => {
    await recordPlan(place, builtCli());
    const line = lineOf(place);
    expect(await isHot(place, line)).toBe(true);
    // An option that changes nothing: no line with it is hot.
    const whole = await place.atmos(['--interactive=false', ...line]);
    expect(await isHot(place, ['--interactive=false', ...line])).toBe(false);
    expect(whole).toMatchObject({ exitCode: 0, stderr: '' });
    for (const shell of shells) {
      const words = [process.execPath, builtCli(), ...line].map((word) => `'${word}'`).join(' ');
      expect({ shell, ...(await place.run(shell, ['-c', words])) }).toEqual({ shell, ...whole });
    }
  });

  test.each<[string, (place: HandleMachine) => unknown]>([
    ['a password that is wrong', ({ env }) => (env['ATMOS_KEYRING_PASSWORD'] = 'wrong password')],
    ['no password', ({ env }) => delete env['ATMOS_KEYRING_PASSWORD']],
    ['a setting of the agent that is wrong', ({ env }) => (env['ATMOS_KEYRING_AGENT'] = 'maybe')],
    ['a level of logs that is wrong', ({ env }) => (env['ATMOS_LOGS_LEVEL'] = 'loud')],
    [
      'an entry that is damaged',
      ({ keyring }) => writeFileSync(join(keyring, 'atmos_script_emergency-user@session'), 'x'),
    ],
    ['a removed handle', ({ handle }) => rmSync(handle)],
    ['a changed handle', ({ handle }) => writeFileSync(handle, '{}')],
    ['a configuration that is wrong', (machine) => machine.writeConfig('auth: [')],
    [
      'an unknown identity',
      (machine) => machine.writeConfig(configOf(machine).replace('emergency-user', 'other')),
    ],
    ['a record that is no JSON', ({ record }) => writeFileSync(record, 'x')],
    [
      'a record of another version',
      ({ record }) => writeFileSync(record, readFileSync(record, 'utf8').replace(/\/\d+"/, '/0"')),
    ],
  ])('reports the same as the whole program: %s', async (_, change) => {
    await recordPlan(place, builtCli());
    change(place);
    expect(await isHot(place, hotLine(place))).toBe(false);
    const answer = await place.atmos(hotLine(place));
    const env = { ATMOS_AUTH_FAST: 'off' };
    expect(answer).toEqual(await place.atmos(hotLine(place), { env }));
  });

  test.each(['/dev/full', '&-'])(
    'fails as the whole program does if its output is %s',
    async (output) => {
      await recordPlan(place, builtCli());
      const inShell = (env: Record<string, string>): Promise<Result> => {
        const words = [process.execPath, builtCli(), ...hotLine(place)].map((word) => `'${word}'`);
        return place.run('sh', ['-c', `${words.join(' ')} >${output}`], { env });
      };
      const answer = await inShell({});
      expect(answer).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('standard output'),
      });
      expect(answer).toEqual(await inShell({ ATMOS_AUTH_FAST: 'off' }));
    },
  );

  test.each<[string, (place: HandleMachine) => string[]]>([
    ['a relative path', () => ['auth', 'credential-process', '--handle', 'x']],
    ['one more word', (at) => [...hotLine(at), 'x']],
    ['a joined value', ({ handle }) => ['auth', 'credential-process', `--handle=${handle}`]],
    ['an option before', (at) => ['--no-color', ...hotLine(at)]],
    ['--help auth', () => ['--help', 'auth']],
  ])('is not one with %s', async (_, lineOf) => {
    await recordPlan(place, builtCli());
    expect(await isHot(place, lineOf(place))).toBe(false);
  });

  test('does not answer again without a plan once the configuration has changed', async () => {
    await recordPlan(place, builtCli());
    expect(await isHot(place, hotLine(place))).toBe(true);
    place.writeConfig(`${configOf(place)}# A comment.\n`);
    expect(await isHot(place, hotLine(place))).toBe(false);
    await recordPlan(place, builtCli());
    expect(await isHot(place, hotLine(place))).toBe(true);
  });
});

describe.skipIf(peer('gnome-keyring') === undefined)(
  'a session in the Secret Service',
  { timeout: limitMs },
  () => {
    test('is printed by the hot file, and what is wrong by the whole program', async () => {
      const service = await openGnomeKeyring();
      onTestFinished(() => service.close());
      const bus = service.env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
      const place = await openHandleMachine({ keyring: 'type: system', bus });
      await recordPlan(place, builtCli());
      const line = ['auth', 'credential-process', '--handle', place.handle];
      expect(await isHot(place, line)).toBe(true);
      const whole = await place.atmos(line, { env: { ATMOS_AUTH_FAST: 'off' } });
      expect(whole).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await place.atmos(line)).toEqual(whole);

      place.env['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nonexistent';
      expect(await isHot(place, line)).toBe(false);
    });
  },
);
