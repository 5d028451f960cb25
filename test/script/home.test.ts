import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CommandGroup } from '../../src/cli/command.ts';
import { atmos } from '../../src/cli/command-specs/root.ts';
import { isRoot } from '../support/privilege.ts';
import { startSts } from '../support/sts-server.mjs';
import { makeDirectory, openHomeMachine, unknownUser } from './home.ts';
import { accessKey, configOf, keyOnStdin, password, type Result } from './machine.ts';

const limitMs = 300_000;

/** A home directory as seen by the user who runs the program. */
interface Home {
  readonly userId: number;
  /** Creates the home directory, where the case has one. Returns the variables that name it. */
  make(root: string): Readonly<Record<string, string>>;
}

const homes = {
  'no HOME, no passwd entry': { userId: unknownUser, make: () => ({}) },
  'an empty HOME': { userId: unknownUser, make: () => ({ HOME: '' }) },
  'a relative HOME': { userId: unknownUser, make: () => ({ HOME: 'home' }) },
  'a HOME that cannot be searched': {
    userId: unknownUser,
    make: (root) => homeOf(root, 0, 0o700),
  },
  "another user's HOME, as root": {
    userId: 0,
    make: (root) => homeOf(root, unknownUser, 0o700),
  },
} as const satisfies Record<string, Home>;

type HomeName = keyof typeof homes;

function homeOf(root: string, owner: number, mode: number): Record<string, string> {
  const home = join(root, 'home');
  makeDirectory(home, owner, mode);
  return { HOME: home };
}

const reasons = {
  'no HOME, no passwd entry': 'HOME is not set',
  'an empty HOME': 'HOME is empty',
  'a relative HOME': 'HOME is not an absolute path',
} as const;

/** The message and exit code of a command, by its need for a home directory. */
const done = { exitCode: 0, error: undefined };
const outcomes = {
  /** Works without a home directory. */
  nothing: () => done,
  keyring: (home: HomeName) => {
    if (home === 'a HOME that cannot be searched') {
      return {
        exitCode: 3,
        error: `cannot access <root>/home/.local: permission denied (<root>/home belongs to user 0)`,
      };
    }
    if (home === "another user's HOME, as root") {
      const owner = `belongs to user ${unknownUser}, who could replace the keyring`;
      return { exitCode: 3, error: `<root>/home, a parent directory of the keyring, ${owner}` };
    }
    return { exitCode: 2, error: noHomeFor('the file keyring', home) };
  },
  trust: (home: HomeName) => stateOutcome('trust records', home),
  // A handle also contains the keyring.
  handle: (home: HomeName) => stateOutcome('the file keyring', home),
  /** Files that another program keeps in the home directory. */
  vault: (home: HomeName) => {
    const keys = '<root>/home/.awsvault/keys (default)';
    if (home === 'a HOME that cannot be searched') {
      const why = 'permission denied (<root>/home belongs to user 0)';
      return { exitCode: 1, error: `cannot read the keyring directory ${keys}: ${why}` };
    }
    if (home === "another user's HOME, as root") {
      return { exitCode: 2, error: `the keyring directory ${keys} does not exist` };
    }
    return { exitCode: 2, error: noHomeFor('the file keyring', home) };
  },
  awsConfig: (home: HomeName) => {
    const file = '<root>/home/.aws/config (from the home directory)';
    if (home !== 'a HOME that cannot be searched') return outcomes.handle(home);
    const why = 'permission denied (<root>/home belongs to user 0)';
    return { exitCode: 1, error: `cannot read ${file}: ${why}` };
  },
  /** Without the files of another program there is nothing to write. */
  init: (home: HomeName) => ({
    exitCode: 2,
    error:
      home in reasons
        ? noHomeFor('the AWS files', home)
        : 'no identity can be made from ~/.aws/config and ~/.aws/credentials, so nothing was written',
  }),
  /** Lists what is configured, and says why it does not know the sessions. */
  list: (home: HomeName) => (home in reasons ? outcomes.keyring(home) : done),
  awsFiles: (home: HomeName) => {
    const file = 'the file <root>/home/.aws/credentials';
    if (home === 'a HOME that cannot be searched') {
      const why = 'cannot search <root>/home (it belongs to user 0)';
      return { exitCode: 2, error: `${file} was not found: ${why}` };
    }
    if (home === "another user's HOME, as root") {
      return { exitCode: 2, error: `${file} does not exist` };
    }
    return outcomes.keyring(home);
  },
  /** Says that `auth.audit` is not configured. */
  audit: () => ({
    exitCode: 2,
    error: 'uses of identities are not recorded: auth.audit is not set',
  }),
  /** Locks nothing where no agent can run, and names the keyring. */
  agent: (home: HomeName) => (home in reasons ? outcomes.keyring(home) : done),
  /** Reports the keyring's problem on standard output. */
  doctor: (home: HomeName) =>
    home in reasons ? outcomes.keyring(home) : { exitCode: 3, error: undefined },
} as const;

function stateOutcome(what: string, home: HomeName): { exitCode: number; error: string } {
  if (home === 'a HOME that cannot be searched') {
    return { exitCode: 2, error: foreignHome(0, unknownUser) };
  }
  if (home === "another user's HOME, as root") {
    return { exitCode: 2, error: foreignHome(unknownUser, 0) };
  }
  return { exitCode: 2, error: noHomeFor(what, home) };
}

function foreignHome(owner: number, us: number): string {
  return `the home directory <root>/home belongs to user ${owner}, not to you (user ${us}), so nothing is created in it`;
}

function noHomeFor(what: string, home: HomeName): string {
  const reason = home in reasons ? reasons[home as keyof typeof reasons] : '';
  return `no home directory for ${what}: ${reason}, and the passwd database has none for user ${unknownUser}`;
}

/** Every command with its need for a home directory. */
const commands: Readonly<Record<string, keyof typeof outcomes>> = {
  'auth user configure --stdin': 'keyring',
  'auth login': 'keyring',
  'auth whoami': 'keyring',
  'auth exec -- true': 'keyring',
  'auth exec --identity=false -- true': 'nothing',
  'auth env': 'handle',
  'auth credential-process': 'keyring',
  'auth logout': 'keyring',
  'auth log': 'audit',
  'auth validate': 'nothing',
  'auth trust --list': 'nothing',
  'auth trust --revoke': 'nothing',
  'auth trust --yes -C asking': 'trust',
  'auth keyring status': 'keyring',
  'auth keyring list': 'keyring',
  'auth keyring doctor': 'doctor',
  'auth keyring unlock': 'keyring',
  'auth keyring lock': 'agent',
  'auth keyring rekey': 'keyring',
  'auth keyring adopt': 'keyring',
  'auth keyring recipients list': 'keyring',
  'auth keyring recipients add age1y9703mkws2w58xwflayzljk3zze2s5kacyut4k0j0v8t76ww25jq2qjcnw':
    'keyring',
  'auth keyring recipients remove age1y9703mkws2w58xwflayzljk3zze2s5kacyut4k0j0v8t76ww25jq2qjcnw':
    'keyring',
  'auth keyring recipients accept': 'keyring',
  'auth keyring prune': 'keyring',
  'auth keyring migrate --to system': 'keyring',
  'auth keyring export archive.age': 'keyring',
  'auth keyring import --from atmos-file --path .': 'keyring',
  'auth keyring import --from aws-vault': 'vault',
  'auth keyring import --from aws-credentials': 'awsFiles',
  'auth aws-config --print': 'awsConfig',
  'auth init --yes': 'init',
  'auth list': 'list',
  'auth shell --shell true': 'keyring',
  'profile list': 'nothing',
  'profile show ci': 'nothing',
  'completion bash': 'nothing',
  '__complete -- auth logi': 'nothing',
  version: 'nothing',
};

function commandNames(group: CommandGroup, above = ''): string[] {
  return group.commands.flatMap((command) => {
    const name = `${above}${command.name}`;
    return 'commands' in command ? commandNames(command, `${name} `) : [name];
  });
}

function outcomeOf({ exitCode, stderr }: Result, root: string) {
  const shown = stderr.replaceAll(root, '<root>');
  return { exitCode, error: /^error: (.*)$/m.exec(shown)?.[1] };
}

function warningsOf({ stderr }: Result): string[] {
  return stderr.match(/^warning: .*$/gm) ?? [];
}

async function openWithSts(userId: number) {
  const user = { ...accessKey, account: '123456789012', userName: 'emergency' };
  const sts = await startSts({ keys: [user] });
  onTestFinished(() => sts.close());
  return openHomeMachine(userId, configOf({ sts }));
}

test('the table contains every command except the agent, which "keyring unlock" starts', () => {
  const names = commandNames(atmos).filter((name) => name !== '__keyring-agent');
  const missing = names.filter(
    (name) => !Object.keys(commands).some((one) => one.startsWith(name)),
  );
  expect(missing).toEqual([]);
});

describe.skipIf(!isRoot)('every command (as root: it needs users)', { timeout: limitMs }, () => {
  const names: HomeName[] = Object.keys(homes) as HomeName[];

  test.each(names)(
    'with %s: has the expected exit code and message, and creates nothing',
    async (name) => {
      const { userId, make } = homes[name];
      const machine = await openWithSts(userId);
      const env = { ...make(machine.root), ATMOS_KEYRING_PASSWORD: password };
      const before = machine.paths();
      for (const [command, need] of Object.entries(commands)) {
        const result = await machine.run(command, { userId, env, input: keyOnStdin });
        const got = outcomeOf(result, machine.root);
        expect({ command, ...got }).toEqual({ command, ...outcomes[need](name) });
        expect({ command, created: machine.paths() }).toEqual({ command, created: before });
        expect(warningsOf(result).length).toBeLessThanOrEqual(1);
      }
    },
  );

  test('the help works without a home directory', async () => {
    const machine = await openWithSts(unknownUser);
    for (const name of ['', ...commandNames(atmos)]) {
      const words = `${name} --help`.trim();
      const { exitCode, stderr } = await machine.run(words, { userId: unknownUser, env: {} });
      expect({ name, exitCode, stderr }).toEqual({ name, exitCode: 0, stderr: '' });
    }
  });
});

describe.skipIf(!isRoot)(
  'commands that need no home directory (as root: it needs users)',
  { timeout: limitMs },
  () => {
    const all = [
      'auth user configure --stdin',
      'auth login',
      'auth whoami',
      'auth exec -- true',
      'auth credential-process',
      'auth keyring list --long',
      'auth keyring status',
    ];

    test.each([
      ['no HOME', undefined],
      ['a HOME of root that cannot be searched', 0],
    ] as const)('work with only a keyring path, with %s', async (_, owner) => {
      const machine = await openWithSts(unknownUser);
      const env = {
        ...(owner === undefined ? {} : homeOf(machine.root, owner, 0o700)),
        ATMOS_KEYRING_PASSWORD: password,
        ATMOS_KEYRING_FILE_PATH: join(machine.project, 'keyring'),
      };
      const before = machine.paths();
      for (const command of all) {
        const result = await machine.run(command, { userId: unknownUser, env, input: keyOnStdin });
        expect({ command, exitCode: result.exitCode, stderr: result.stderr }).toMatchObject({
          command,
          exitCode: 0,
        });
      }
      const created = machine.paths().filter((path) => !before.includes(path));
      expect(created.filter((path) => !path.startsWith('project/keyring'))).toEqual([]);
    });

    test.each([
      ['no HOME', unknownUser, undefined],
      ["another user's HOME, as root", 0, unknownUser],
      ['a HOME of root that cannot be searched', unknownUser, 0],
    ] as const)('work with XDG directories, with %s', async (_, userId, owner) => {
      const machine = await openWithSts(userId);
      const home = owner === undefined ? {} : homeOf(machine.root, owner, 0o700);
      makeDirectory(join(machine.root, 'xdg'), userId, 0o700);
      const env = {
        ...home,
        ATMOS_KEYRING_PASSWORD: password,
        XDG_DATA_HOME: join(machine.root, 'xdg/data'),
        XDG_STATE_HOME: join(machine.root, 'xdg/state'),
      };
      const before = machine.paths();
      for (const command of [...all, 'auth env', 'auth keyring unlock', 'auth keyring lock']) {
        const result = await machine.run(command, { userId, env, input: keyOnStdin });
        expect({ command, exitCode: result.exitCode, stderr: result.stderr }).toMatchObject({
          command,
          exitCode: 0,
        });
      }
      const created = machine.paths().filter((path) => !before.includes(path));
      expect(created.filter((path) => !path.startsWith('xdg/'))).toEqual([]);
      expect(created.length).toBeGreaterThan(0);
    });

    test('work with the memory keyring', async () => {
      const machine = await openWithSts(unknownUser);
      const env = { ATMOS_KEYRING_TYPE: 'memory' };
      for (const command of ['auth keyring status', 'auth keyring list', 'auth validate']) {
        const { exitCode } = await machine.run(command, { userId: unknownUser, env });
        expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
      }
    });

    test('an agent starts for a user without a passwd entry, with HOME set', async () => {
      const machine = await openWithSts(unknownUser);
      const env = {
        ...homeOf(machine.root, unknownUser, 0o700),
        ATMOS_KEYRING_PASSWORD: password,
      };
      const run = (command: string, variables: Record<string, string> = env) =>
        machine.run(command, { userId: unknownUser, env: variables, input: keyOnStdin });
      expect(await run('auth keyring unlock')).toMatchObject({ exitCode: 0 });
      const { ATMOS_KEYRING_PASSWORD: _, ...locked } = env;
      expect(await run('auth user configure --stdin', locked)).toMatchObject({ exitCode: 0 });
      expect(await run('auth keyring lock')).toMatchObject({ exitCode: 0 });
    });
  },
);
