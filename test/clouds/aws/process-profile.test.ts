import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseKnownFiles } from '@smithy/shared-ini-file-loader';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  credentialProcessLine,
  formatProcessProfile,
  hiddenFiles,
  profileOf,
} from '../../../src/clouds/aws/process-profile.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** For systems other than Windows. */
const lineOf = (node: string, script: string, words: readonly string[]) =>
  credentialProcessLine({ node, script, args: words }, 'linux');

const args = ['auth', 'credential-process', '--handle', 'abcdefghijklmnopqrstuv'];

describe('the profile', () => {
  test('is a section with a command and a region', () => {
    expect(
      formatProcessProfile({ identity: 'atmos', command: '/n /s a', region: 'eu-west-1' }),
    ).toBe('[profile atmos]\ncredential_process = /n /s a\nregion = eu-west-1\n');
    expect(formatProcessProfile({ identity: 'a@b/c+d', command: '/n' })).toBe(
      '[profile a@b/c+d]\ncredential_process = /n\n',
    );
  });

  test('refuses values with line breaks', () => {
    for (const identity of ['a]\n[default', 'a]', 'a b', '', 'a\nb', 'default', '__proto__']) {
      expect(formatProcessProfile({ identity, command: '/n' })).toMatch(
        /^\[profile atmos-[0-9a-f]{8}\]\ncredential_process = \/n\n$/,
      );
    }
    for (const command of ['/n\nregion = x', '/n\r', '/n\u2028']) {
      expect(() => formatProcessProfile({ identity: 'atmos', command })).toThrow(TypeError);
    }
    expect(() =>
      formatProcessProfile({
        identity: 'atmos',
        command: '/n',
        region: 'eu\ncredential_process = id',
      }),
    ).toThrow(TypeError);
  });
});

describe('the name of the profile', () => {
  test.each(['dev', 'Prod.admin', 'team/dev_1', 'ada@example.com', '-x', '+1', 'a'.repeat(128)])(
    'is the name of the identity: %s',
    (identity) => {
      expect(profileOf(identity)).toBe(identity);
    },
  );

  test.each([
    ['default', 'atmos-37a8eec1'],
    ['__proto__', 'atmos-30e2af38'],
    ['constructor', 'atmos-'],
    ['my admin', 'atmos-7f116c83'],
    ['a=b', 'atmos-42144f39'],
    ['x]\n[default', 'atmos-'],
    ['J\u00fcrgen', 'atmos-'],
    ['a'.repeat(129), 'atmos-'],
  ])('is a hash for %j, which some SDK does not find', (identity, start) => {
    const profile = profileOf(identity);
    expect(profile).toMatch(/^atmos-[0-9a-f]{8}$/);
    expect(profile.slice(0, start.length)).toBe(start);
    expect(profileOf(`${identity}.`)).not.toBe(profile);
  });

  test('is found by the JavaScript SDK and by botocore for every identity name', async () => {
    const unit = fc.constantFrom(...Array.from('aZ09_.@+/-=:% #;[]\'"ü\n'), 'default', '__proto__');
    const names = fc.sample(fc.string({ unit, minLength: 1, maxLength: 8 }), 1000);
    const profiles = [
      ...new Set(
        [...names, 'default', '__proto__', 'constructor'].map((identity) => profileOf(identity)),
      ),
    ];
    const file = join(temporaryDirectory(), 'config');
    writeFileSync(
      file,
      profiles
        .map((profile) => formatProcessProfile({ identity: profile, command: `/n ${profile}` }))
        .join(''),
    );
    const found = await parseKnownFiles({ filepath: '/dev/null', configFilepath: file });
    expect(Object.keys(found).sort()).toEqual([...profiles].sort());
    for (const profile of profiles) {
      expect(found[profile]).toEqual({ credential_process: `/n ${profile}` });
    }
    if (python === undefined) return;
    const program = `
import configparser, json, shlex, sys
parser = configparser.RawConfigParser(default_section=None)
parser.read(sys.argv[1])
print(json.dumps([shlex.split(section)[1] for section in parser.sections()]))
`;
    const { stdout } = spawnSync(python, ['-c', program, file], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(profiles);
  });
});

describe('the files that mode process hides', () => {
  const own = '/state/handles/x.aws-config';

  test('are those of the user that exist, with the home directory as ~', () => {
    const home = temporaryDirectory();
    const host = { env: {}, homeDirectory: home, userId: 1000 };
    expect(hiddenFiles(own, host)).toEqual([]);
    mkdirSync(join(home, '.aws'));
    writeFileSync(join(home, '.aws/credentials'), '');
    expect(hiddenFiles(own, host)).toEqual(['~/.aws/credentials']);
    writeFileSync(join(home, '.aws/config'), '');
    expect(hiddenFiles(own, host)).toEqual(['~/.aws/config', '~/.aws/credentials']);
  });

  test('are those that the variables name, except files of atmos-auth', () => {
    const home = temporaryDirectory();
    const [config, credentials] = [join(home, 'c'), join(temporaryDirectory(), 'd')];
    for (const file of [config, credentials]) writeFileSync(file, '');
    const env = { AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: credentials };
    expect(hiddenFiles(own, { env, homeDirectory: home, userId: 1000 })).toEqual([
      '~/c',
      credentials,
    ]);
    const ours = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: join(home, 'empty') };
    expect(hiddenFiles(config, { env: ours, homeDirectory: home, userId: 1000 })).toEqual([]);
  });
});

describe('the command line', () => {
  test.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/opt/my node/bin/node', '"/opt/my node/bin/node"'],
    ["/home/o'neil/node", `"/home/o'neil/node"`],
    ['/home/zoë/(x86) & co/node', '"/home/zoë/(x86) & co/node"'],
  ])('contains %s as %s', (node, written) => {
    expect(lineOf(node, '/m.cjs', args)).toBe(
      `${written} /m.cjs auth credential-process --handle abcdefghijklmnopqrstuv`,
    );
  });

  test.each([
    '/a"b',
    '/a$b',
    '/a`b',
    '/a\\b',
    '/a%b%',
    '/a!b',
    '/a\nb',
    '/a\u0000b',
    '/a #b',
    '/a ;b',
    '/a\ud800',
  ])('cannot contain %j, which some parsers would change', (path) => {
    expect(lineOf(path, '/m.cjs', args)).toBeUndefined();
    expect(lineOf('/node', path, args)).toBeUndefined();
    expect(lineOf('/node', '/m.cjs', [path])).toBeUndefined();
  });

  test('cannot have quotes at both ends, which the Go SDK would remove', () => {
    expect(lineOf('/a b', '/m.cjs', ['c d'])).toBeUndefined();
  });
});

const path = fc
  .string({
    unit: fc.constantFrom(...Array.from('abZ09._-+@ \'"$`\\%!#;&|<>()[]{}*?~=^,:é🗝\n\t')),
    minLength: 1,
    maxLength: 20,
  })
  .map((text) => `/${text}`);

const python = ['python3', 'python'].find((name) => spawnSync(name, ['-c', 'pass']).status === 0);

describe('every command line is parsed correctly', () => {
  const print = 'for word; do printf "%s\\0" "$word"; done';

  test('by sh', () => {
    fc.assert(
      fc.property(path, path, (node, script) => {
        const line = lineOf(node, script, args);
        if (line === undefined) return;
        const { stdout } = spawnSync('sh', ['-c', `set -- ${line}\n${print}`], {
          encoding: 'utf8',
        });
        expect(stdout.split('\0').slice(0, -1)).toEqual([node, script, ...args]);
      }),
      { numRuns: 200 },
    );
  });

  test.skipIf(!python)('by shlex and configparser, as botocore reads the file', () => {
    const program = `
import configparser, io, json, shlex, sys
for text in json.load(sys.stdin):
    parser = configparser.RawConfigParser(default_section=None)
    parser.read_file(io.StringIO(text))
    print(json.dumps(shlex.split(parser.get("profile atmos", "credential_process"))))
`;
    const cases = fc
      .sample(fc.tuple(path, path), 2000)
      .map(([node, script]) => ({
        words: [node, script, ...args],
        line: lineOf(node, script, args),
      }))
      .filter(({ line }) => line !== undefined);
    const texts = cases.map(({ line }) =>
      formatProcessProfile({ identity: 'atmos', command: line ?? '' }),
    );
    const { stdout } = spawnSync(python ?? '', ['-c', program], {
      input: JSON.stringify(texts),
      encoding: 'utf8',
    });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(cases.map(({ words }) => words));
  });

  test('by the INI reader of the JavaScript SDK', async () => {
    const directory = temporaryDirectory();
    const empty = join(directory, 'empty');
    writeFileSync(empty, '');
    for (const [index, [node, script]] of fc.sample(fc.tuple(path, path), 300).entries()) {
      const line = lineOf(node, script, args);
      if (line === undefined) continue;
      const configFilepath = join(directory, `config-${index}`);
      writeFileSync(configFilepath, formatProcessProfile({ identity: 'atmos', command: line }));
      const profiles = await parseKnownFiles({ configFilepath, filepath: empty });
      expect(profiles['atmos']?.['credential_process']).toBe(line);
    }
  });

  test('and sh starts the program in a directory with spaces and quotes', () => {
    const directory = join(temporaryDirectory(), "my o'neil (dir) & co");
    mkdirSync(directory);
    const node = join(directory, 'node');
    symlinkSync(process.execPath, node);
    const script = join(directory, 'script.cjs');
    writeFileSync(script, 'process.stdout.write(process.argv.slice(2).join(" "))');
    const line = lineOf(node, script, args) ?? '';
    expect(spawnSync('sh', ['-c', line], { encoding: 'utf8', env: {} }).stdout).toBe(
      args.join(' '),
    );
  });
});

describe('on Windows', () => {
  const onWindows = (node: string, script: string) =>
    credentialProcessLine({ node, script, args }, 'win32');

  test('words have no quotes, which the Go SDK cannot pass to cmd.exe', () => {
    expect(onWindows('C:\\nodejs\\node.exe', 'C:/npm/main.cjs')).toBe(
      `C:\\nodejs\\node.exe C:\\npm\\main.cjs ${args.join(' ')}`,
    );
    expect(onWindows('C:\\PROGRA~1\\nodejs\\node.exe', '\\\\server\\share\\m.cjs')).toBe(
      `C:\\PROGRA~1\\nodejs\\node.exe \\\\server\\share\\m.cjs ${args.join(' ')}`,
    );
  });

  test.each(Array.from(' &^%!()\'`"$,;=|<>*?[]{}#@é\n\t', (char) => [char]))(
    'a path cannot contain %j',
    (char) => {
      expect(onWindows(`C:\\a${char}b\\node.exe`, 'C:\\m.cjs')).toBeUndefined();
      expect(onWindows('C:\\node.exe', `C:\\a${char}b.cjs`)).toBeUndefined();
    },
  );

  const withBotocore = ['/usr/bin/python3', 'python3', 'python'].find(
    (name) => spawnSync(name, ['-c', 'import botocore.compat']).status === 0,
  );

  test.skipIf(!withBotocore)('botocore parses the line correctly', () => {
    const words = ['C:\\PROGRA~1\\new\\node.exe', '\\\\server\\t\\main.cjs'];
    const line = onWindows(words[0] ?? '', words[1] ?? '') ?? '';
    const program =
      'import json, sys; from botocore.compat import compat_shell_split as split; print(json.dumps(split(sys.argv[1], "win32")))';
    const { stdout } = spawnSync(withBotocore ?? '', ['-c', program, line], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual([...words, ...args]);
  });
});
