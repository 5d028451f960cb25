import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot, strangerId } from '../support/privilege.ts';
import { everyCommandLine, plant, runEach, setTrap, sprung, type Trap } from './hostile.ts';
import {
  configOf,
  keyOnStdin,
  openConfiguredMachine,
  password,
  type Machine,
  type RunOptions,
} from './machine.ts';

/** The files of the repository. */
interface Attack {
  plant(machine: Machine, trap: Trap): void;
  /** The user's directory and environment. */
  from?(machine: Machine): RunOptions;
  /** Options on every command line. */
  readonly option?: string;
  /** Whether the files are not even read. */
  readonly isUnreadable?: boolean;
  /** Commands that would do what is requested, but exit with 2. */
  readonly refused: RegExp;
}

const nothing = /(?!)/;
/**
 * Commands that use the configuration: they load all of it, and run the commands that loading
 * needs.
 */
const using = /^auth (user configure|login --force|whoami|exec|env|credential-process|logout)/;
/** The same commands, and those that only read the configuration. */
const looking = new RegExp(`${using.source}|^auth (trust( --revoke)?$|keyring|validate)`);
/** Commands that open the keyring and therefore need its password. */
const opening =
  /^auth (user configure|login --force|whoami|exec -- |env --credentials env|credential-process|logout|keyring list --long)/;
/** Commands that use an identity. */
const signing =
  /^auth (user configure|login --force|whoami|exec -- |env --credentials env|credential-process)/;
/** Commands that succeed whatever the configuration contains. */
const blind = /^$|--help$|^auth trust --list|^completion|^__complete|^version/;
/** Those commands, and the ones that only list what exists. */
const quiet = new RegExp(`${blind.source}|^auth (keyring (status|list$)|validate)|^profile list`);

const withKeyring = (machine: Machine, lines: string) =>
  configOf(machine, { keyring: `type: file\n${lines}` });
const passwordCommand = ({ touch }: Trap) =>
  `spec: { password_command: "${touch}; echo '${password}'" }`;
const isAsked = { ATMOS_KEYRING_PASSWORD: undefined };

const attacks: Readonly<Record<string, Attack>> = {
  'a value that a command prints': {
    plant: (machine, { touch }) =>
      plant(machine, {
        'atmos.yaml': configOf(machine).replace(
          'realm: script',
          `realm: !exec "${touch}; echo script"`,
        ),
      }),
    refused: using,
  },
  'the same in what is imported': {
    plant: (machine, { touch }) =>
      plant(machine, {
        'atmos.yaml': `import: [parts/*.yaml]\n${configOf(machine)}`,
        'parts/a.yaml': `auth: { realm: !exec "${touch}" }\n`,
      }),
    refused: using,
  },
  'the same in atmos.d': {
    plant: (machine, { touch }) =>
      plant(machine, { 'atmos.d/a.yaml': `env: { X: !exec "${touch}" }\n` }),
    refused: using,
  },
  'the same in .atmos.d of the root of the repository, from below it': {
    plant(machine, { touch }) {
      const fragment = `auth: { realm: !exec "${touch}" }\n`;
      plant(machine, { '.atmos.d/a.yaml': fragment, '.git/HEAD': '', 'ours/x': '' });
    },
    from: below,
    refused: using,
  },
  'the same in a profile that the file chooses': {
    plant: (machine, { touch }) =>
      plant(machine, {
        'atmos.yaml': `profiles: { default: p }\n${configOf(machine)}`,
        'profiles/p/x.yaml': `auth: { realm: !exec "${touch}" }\n`,
      }),
    refused: using,
  },
  'the same in a file that is included': {
    plant: (machine, { touch }) =>
      plant(machine, {
        'atmos.yaml': `${configOf(machine)}env: !include env.yaml\n`,
        'env.yaml': `X: !exec "${touch}"\n`,
      }),
    refused: using,
  },
  'a command for the password of the keyring': {
    plant: (machine, trap) =>
      plant(machine, { 'atmos.yaml': withKeyring(machine, passwordCommand(trap)) }),
    from: () => ({ env: isAsked }),
    refused: opening,
  },
  'the same in what is imported, as a fallback': {
    plant: (machine, trap) =>
      plant(machine, {
        'atmos.yaml': `import: a.yaml\n${withKeyring(machine, 'fallback: [file]').replace('type: file', 'type: system')}`,
        'a.yaml': `auth: { keyring: { ${passwordCommand(trap)} } }\n`,
      }),
    from: () => ({ env: { ...isAsked, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } }),
    refused: opening,
  },
  'variables that load code into programs': {
    plant: (machine, { touch, script }) =>
      plant(machine, {
        'atmos.yaml': `${configOf(machine, { identity: `env: [{ key: NODE_OPTIONS, value: --require=${script} }]` })}env:
  LD_PRELOAD: /nonexistent.so
  NODE_OPTIONS: --require=${script}
  BASH_ENV: ${script}
  ENV: ${script}
  GIT_SSH_COMMAND: "${touch}"
  ATMOS_AUTH_TRUST: "1"
`,
      }),
    refused: nothing,
  },
  'a PATH with a program of its own': {
    plant(machine, { touch }) {
      plant(machine, {
        'atmos.yaml': `${configOf(machine)}env: { PATH: ${machine.project}/bin }\n`,
        'bin/true': `#!/bin/sh\n${touch}\n`,
      });
      chmodSync(join(machine.project, 'bin/true'), 0o755);
    },
    refused: /^auth exec/,
  },
  'a proxy, for an identity': {
    plant: (machine, { url }) =>
      plant(machine, {
        'atmos.yaml': configOf(machine, {
          identity: `env: [{ key: HTTPS_PROXY, value: "${url}" }]`,
        }),
      }),
    refused: /^auth (exec -- |exec --cred|env)/,
  },
  'an endpoint elsewhere': {
    plant: (machine, { url }) =>
      plant(machine, { 'atmos.yaml': configOf(machine).replace(machine.sts.url, url) }),
    refused: signing,
  },
  'a log of its own': {
    plant: (machine, { marker }) =>
      plant(machine, {
        'atmos.yaml': `${configOf(machine)}logs: { level: Trace, file: ${marker} }\n`,
      }),
    refused: using,
  },
  'the same under auth, by an imported file and a relative path': {
    plant: (machine) =>
      plant(machine, {
        'atmos.yaml': `import: a.yaml\n${configOf(machine)}`,
        'a.yaml': 'auth: { logs: { level: Trace, file: ../../marker } }\n',
      }),
    refused: using,
  },
  'a repository whose git would run programs': {
    plant(machine, { touch }) {
      plant(machine, {
        'atmos.yaml': `${configOf(machine)}profiles: { base_path: !repo-root }\nenv: { BRANCH: !git.branch none }\n`,
        '.git/HEAD': 'ref: refs/heads/main\n',
        '.git/config': `[core]\n  fsmonitor = "${touch}"\n  sshCommand = "${touch}"\n  pager = "${touch}"\n[include]\n  path = /dev/zero\n`,
        '.git/hooks/post-checkout': `#!/bin/sh\n${touch}\n`,
      });
    },
    refused: nothing,
  },
  'a profile outside of the profiles, by the file': {
    plant: (machine, trap) => plantOutside(machine, trap, 'profiles: { default: ../x }'),
    refused: looking,
    isUnreadable: true,
  },
  'a profile outside of the profiles, by a variable': {
    plant: plantOutside,
    from: () => ({ env: { ATMOS_PROFILE: '../x' } }),
    refused: looking,
    isUnreadable: true,
  },
  'a profile outside of the profiles, by an option': {
    plant: plantOutside,
    option: '--profile ../x',
    refused: looking,
    isUnreadable: true,
  },
  'a profile outside of the profiles, by env': {
    plant: (machine, trap) => plantOutside(machine, trap, 'env: { ATMOS_PROFILE: ../x }'),
    refused: looking,
    isUnreadable: true,
  },
  'a directory above it that everybody can write': {
    plant(machine, { touch }) {
      plantAbove(machine, touch);
      chmodSync(machine.project, 0o777);
    },
    from: below,
    refused: looking,
    isUnreadable: true,
  },
  ...(isRoot && {
    'a directory above it of somebody else, who put a file there': {
      plant(machine: Machine, { touch }: Trap) {
        plantAbove(machine, touch);
        chmodSync(machine.project, 0o1777);
        for (const name of ['', 'atmos.yaml']) {
          chownSync(join(machine.project, name), strangerId, strangerId);
        }
      },
      from: below,
      refused: looking,
      isUnreadable: true,
    },
  }),
};

/** The user is in a directory of their own. */
function plantAbove(machine: Machine, touch: string): void {
  plant(machine, {
    'atmos.yaml': configOf(machine).replace('realm: script', `realm: !exec "${touch}"`),
    'ours/x': '',
  });
}

function below({ project }: Machine): RunOptions {
  return { directory: join(project, 'ours') };
}

function plantOutside(machine: Machine, { touch }: Trap, line = ''): void {
  mkdirSync(join(machine.project, 'profiles'));
  plant(machine, {
    'atmos.yaml': `${line}\n${configOf(machine)}`,
    'x/x.yaml': `auth: { realm: !exec "${touch}" }\n`,
  });
}

/** The line with an option of the program before the words of another program. */
function withOption(line: string, option = ''): string {
  return line.includes('-- ') ? line.replace('-- ', `${option} -- `) : `${line} ${option}`.trim();
}

describe('a repository with', () => {
  test.each(Object.entries(attacks))(
    '%s runs no command and sends no request',
    async (_, attack) => {
      const machine = await openConfiguredMachine();
      const trap = await setTrap(machine);
      attack.plant(machine, trap);
      const lines = everyCommandLine();
      const given = lines.map((line) => (attack.option ? withOption(line, attack.option) : line));
      const codes = await runEach(machine, given, { input: keyOnStdin, ...attack.from?.(machine) });
      expect(sprung(trap)).toEqual([]);
      const ended = (wanted: RegExp) =>
        Object.fromEntries(
          lines.flatMap((line, at) => (wanted.test(line) ? [[line, codes[given[at] ?? '']]] : [])),
        );
      const all = (codesOf: Record<string, unknown>, code: number) =>
        Object.fromEntries(Object.keys(codesOf).map((line) => [line, code]));
      const refused = ended(attack.refused);
      expect(refused).toEqual(all(refused, 2));
      const finished = ended(attack.isUnreadable ? blind : quiet);
      expect(finished).toEqual(all(finished, 0));
    },
  );
});

describe('a trap', () => {
  test.each([
    'a value that a command prints',
    'the same in .atmos.d of the root of the repository, from below it',
    'a command for the password of the keyring',
    'a PATH with a program of its own',
    'an endpoint elsewhere',
    'a log of its own',
  ])('is triggered where no protection exists: %s', async (name) => {
    const machine = await openConfiguredMachine();
    const trap = await setTrap(machine);
    attacks[name]?.plant(machine, trap);
    const options = attacks[name]?.from?.(machine);
    const env = { ...options?.env, ATMOS_AUTH_TRUST: '1' };
    await machine.atmos('auth exec -- true', { ...options, env });
    expect(sprung(trap)).toHaveLength(1);
  });
});

describe('a repository that is trusted', () => {
  /** A project that runs a command for a value and for the password, and has its own endpoint. */
  async function openAsking() {
    const machine = await openConfiguredMachine();
    const trap = await setTrap(machine);
    delete machine.env['ATMOS_KEYRING_PASSWORD'];
    const elsewhere = machine.sts.url.replace('127.0.0.1', '0.0.0.0');
    const text = withKeyring(machine, passwordCommand(trap)).replace(machine.sts.url, elsewhere);
    plant(machine, {
      'atmos.yaml': `import: parts/a.yaml\n${text}`,
      'parts/a.yaml': `env: { X: !exec "${trap.touch}" }\n# end\n`,
      'profiles/p/x.yaml': 'auth: { logs: { level: Off } }\n',
    });
    /** Whether the marker was created, and the result. */
    const run = async (command: string, options?: RunOptions) => {
      rmSync(trap.marker, { force: true });
      const result = await machine.atmos(command, options);
      return { ...result, hasRun: existsSync(trap.marker) };
    };
    return { machine, trap, run };
  }

  test('runs what was shown until one byte of its imports changes', async () => {
    const { machine, run } = await openAsking();
    expect(await run('auth login')).toMatchObject({ exitCode: 2, hasRun: false });
    const given = await run('auth trust --yes');
    expect(given).toMatchObject({ exitCode: 0, stdout: '', hasRun: false });
    for (const shown of ['env.X ', 'password_command', 'http://0.0.0.0:', 'parts/a.yaml:1:']) {
      expect(given.stderr).toContain(shown);
    }
    expect(await run('auth login')).toMatchObject({ exitCode: 0, hasRun: true });
    expect(machine.sts.calls.map(({ action }) => action)).toEqual(['GetSessionToken']);
    expect(await run('auth whoami', { directory: machine.home })).toMatchObject({ exitCode: 2 });

    const part = join(machine.project, 'parts/a.yaml');
    writeFileSync(part, readFileSync(part, 'utf8').replace('# end', '# and'));
    const refused = await run('auth whoami');
    expect(refused).toMatchObject({ exitCode: 2, hasRun: false });
    expect(refused.stderr).toMatch(/is not trusted: it runs : > .* \(set by env\.X \(.*a\.yaml:1:/);
    writeFileSync(part, readFileSync(part, 'utf8').replace('# and', '# end'));
    expect(await run('auth whoami')).toMatchObject({ exitCode: 0, hasRun: true });

    expect(await run('auth trust --revoke')).toMatchObject({ exitCode: 0, hasRun: false });
    expect(await run('auth whoami')).toMatchObject({ exitCode: 2, hasRun: false });
  });

  test('is trusted only with the profiles that were shown', async () => {
    const { run } = await openAsking();
    expect(await run('auth trust --yes --profile p')).toMatchObject({ exitCode: 0 });
    expect(await run('auth login')).toMatchObject({ exitCode: 2, hasRun: false });
    expect(await run('auth login --profile p')).toMatchObject({ exitCode: 0, hasRun: true });
  });

  test('is trusted by an environment variable, and by no file', async () => {
    const { machine, run } = await openAsking();
    const env = { ATMOS_AUTH_TRUST: '1' };
    expect(await run('auth login', { env })).toMatchObject({ exitCode: 0, hasRun: true });
    expect(await run('auth login --config atmos.yaml')).toMatchObject({ exitCode: 0 });
    plant(machine, {
      'atmos.yaml': `env: { ATMOS_AUTH_TRUST: "1" }\nimport: parts/a.yaml\n${configOf(machine)}`,
    });
    expect(await run('auth whoami')).toMatchObject({ exitCode: 2, hasRun: false });
  });

  test('is trusted through its handle from any directory', async () => {
    const { machine, run } = await openAsking();
    await run('auth trust --yes');
    const handle = await handleOf(machine);
    const options = { directory: machine.home };
    const credentials = `auth credential-process --handle ${handle}`;
    expect(await run(credentials, options)).toMatchObject({ exitCode: 0, hasRun: true });
    await run('auth trust --revoke');
    const refused = await run(credentials, options);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '', hasRun: false });
    expect(refused.stderr).toContain(`hint: atmos auth trust -C ${machine.project}\n`);
  });

  test('does not run commands from a handle that was written before the project changed', async () => {
    const { machine, trap, run } = await openAsking();
    const evil = withKeyring(machine, passwordCommand(trap));
    plant(machine, { 'atmos.yaml': evil });
    const handle = await handleOf(machine);
    plant(machine, { 'atmos.yaml': evil.replace(trap.touch, 'true') });
    await run('auth trust --yes');
    const credentials = await run(`auth credential-process --handle ${handle}`);
    expect(credentials).toMatchObject({ exitCode: 0, hasRun: false });
  });

  async function handleOf(machine: Machine): Promise<string> {
    const { stdout } = await machine.atmos('auth env -f json');
    const { AWS_CONFIG_FILE: file = '' } = JSON.parse(stdout) as Record<string, string>;
    return /--handle (\S+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  }
});
