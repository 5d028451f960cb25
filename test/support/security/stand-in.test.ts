import { describe, expect, onTestFinished, test } from 'vitest';
import { createTestMac } from '../../keyring/system/macos/open-keyring.ts';
import { runSecurity } from './stand-in.mjs';

function createMac() {
  const mac = createTestMac();
  onTestFinished(mac.remove);
  const run = (args: string[], input = '') => {
    const { exitCode, stdout, stderr } = runSecurity(mac.directory, args, input);
    return { exitCode, stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1') };
  };
  return { ...mac, run };
}

const find = ['find-generic-password', '-s', 'key', '-a', 'atmos-auth'];

describe('the stand-in for security', () => {
  test('adds, finds and deletes an item', () => {
    const { run, path } = createMac();
    const add = ['add-generic-password', '-s', 'key', '-a', 'atmos-auth', '-w', 'secret'];
    expect(run(add)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(run(add)).toMatchObject({ exitCode: 45 });
    expect(run([...add.slice(0, -1), 'other', '-U'])).toMatchObject({ exitCode: 0 });
    expect(run([...find, '-w']).stdout).toBe('other\n');
    // The way go-keyring finds it.
    expect(run(['find-generic-password', '-s', 'key', '-wa', 'atmos-auth']).stdout).toBe('other\n');
    const found = run([...find, '-g']);
    expect(found.stderr).toBe('password: "other"\n');
    expect(found.stdout).toContain(`keychain: "${path}"\nversion: 512\nclass: "genp"\n`);
    expect(found.stdout).toContain('\n    "acct"<blob>="atmos-auth"\n');
    expect(run(['delete-generic-password', ...find.slice(1)])).toMatchObject({ exitCode: 0 });
    expect(run(find)).toEqual({
      exitCode: 44,
      stdout: '',
      stderr:
        'security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.\n',
    });
  });

  test('prints unprintable values in hex, and without a prefix with -w', () => {
    const mac = createMac();
    mac.put({ service: 'caf\xc3\xa9', secret: '\xff\x00' });
    const item = ['find-generic-password', '-s', 'caf\xc3\xa9'];
    expect(mac.run([...item, '-w']).stdout).toBe('ff00\n');
    expect(mac.run([...item, '-g']).stderr).toBe('password: 0xFF00 \n');
    expect(mac.run(item).stdout).toContain(
      String.raw`    "svce"<blob>=0x636166C3A9  "caf\303\251"`,
    );
  });

  test('exits -i with the status of the last command, also after an empty line', () => {
    const { run } = createMac();
    const failing = 'find-generic-password -s absent\n';
    expect(run(['-i'], failing)).toMatchObject({
      exitCode: 44,
      stderr: expect.stringContaining('find-generic-password: returned -25300\n') as string,
    });
    expect(run(['-i'], `${failing}\n`)).toMatchObject({ exitCode: 0 });
    expect(run(['-i'], 'help\nnonsense\n').stderr).toContain('unknown command "nonsense"');
  });

  test('prompts where a display exists, and refuses otherwise', () => {
    const mac = createMac();
    mac.put({ service: 'key', secret: 'secret' });
    mac.run(['lock-keychain']);
    mac.change((state) => {
      state.hasDisplay = false;
    });
    expect(mac.run([...find, '-w'])).toEqual({ exitCode: 36, stdout: '', stderr: '' });
    expect(mac.run(find)).toMatchObject({ exitCode: 0 });
    expect(mac.run(['dump-keychain'])).toMatchObject({ exitCode: 0 });
    expect(mac.run(['show-keychain-info', mac.path])).toMatchObject({ exitCode: 36 });
    mac.change((state) => {
      state.hasDisplay = true;
      state.person = 'cancels';
    });
    expect(mac.run([...find, '-w'])).toMatchObject({ exitCode: 128 });
    expect(mac.run(['unlock-keychain', '-p', 'wrong'])).toMatchObject({ exitCode: 51 });
    expect(mac.run(['unlock-keychain', '-p', 'open sesame'])).toMatchObject({ exitCode: 0 });
    expect(mac.run([...find, '-w'])).toMatchObject({ exitCode: 0 });
    expect(mac.asked()).toEqual([`unlock ${mac.path}`]);
  });

  test('reports a duplicate for an update that was denied', () => {
    const mac = createMac();
    mac.put({ service: 'key', secret: 'secret' });
    mac.change((state) => {
      state.guarded = ['key'];
      state.person = 'denies';
    });
    const add = 'add-generic-password -U -s key -a atmos-auth -w new\n';
    expect(mac.run(['-i'], add)).toMatchObject({
      exitCode: 45,
      stderr: expect.stringMatching(
        /ModifyContent.*\n.*CreateFromContent.*\n.*-25299\n$/,
      ) as string,
    });
    expect(mac.items()[0]?.secret).toBe('secret');
  });
});
