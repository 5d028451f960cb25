import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { peer } from '../../support/peers.ts';
import { openDesk, storedKey, yamlOf, type Desk } from './desk.ts';

type Environment = Record<string, string>;

/** The environment that a shell prints after it has evaluated the texts in order. */
function afterEvaluating(shell: string, format: string, texts: string[], env: Environment) {
  const print = `'${process.execPath}' -e 'process.stdout.write(JSON.stringify(process.env))'`;
  const script =
    format === 'fish'
      ? `for text in $argv; eval $text; or exit 9; end; ${print}`
      : `for text do eval "$text" || exit 9; done; ${print}`;
  const plain = { fish: ['--no-config'], zsh: ['-f'], bash: ['--norc'] }[shell] ?? [];
  const name = format === 'fish' ? [] : [shell];
  const { status, stdout, stderr } = spawnSync(shell, [...plain, '-c', script, ...name, ...texts], {
    encoding: 'utf8',
    env,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { SHLVL: _, _: __, PWD: ___, OLDPWD: ____, ...rest } = JSON.parse(stdout) as Environment;
  return rest;
}

const twoIdentities = (desk: Desk) => `${yamlOf(desk, {
  identity: "credentials:\n  region: eu-central-1\nenv: [{ key: TF_VAR_dev, value: 'it''s' }]",
})}    other:
      kind: aws/user
      spec:
        endpoint_url: ${desk.sts.url}
`;

async function text(desk: Desk, line: string, env: Environment): Promise<string> {
  const { exitCode, stdout, stderr } = await desk.run(line, { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

const isThere = (shell: string) => {
  if (shell === 'fish' || shell === 'zsh') return peer(shell) !== undefined;
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
};

describe.each([
  ['sh', 'bash'],
  ['bash', 'bash'],
  ['dash', 'bash'],
  ['zsh', 'bash'],
  ['fish', 'fish'],
])('in %s', (shell, format) => {
  const set = `auth env -f ${format}`;
  const unset = `auth env --unset -f ${format}`;

  test.skipIf(!isThere(shell)).each(['process', 'env'])(
    'everything that auth env set is unset: mode %s',
    async (mode) => {
      const desk = await openDesk({ entries: storedKey });
      desk.configure(twoIdentities(desk));
      const start = afterEvaluating(shell, format, [], { ...desk.env, OTHER: 'stays' });
      const lines = await text(desk, `${set} --credentials ${mode}`, start);
      const selected = afterEvaluating(shell, format, [lines], start);
      expect(selected).toMatchObject({ ATMOS_IDENTITY: 'dev', TF_VAR_dev: "it's" });
      expect(selected).toMatchObject({ AWS_REGION: 'eu-central-1', OTHER: 'stays' });
      const back = await text(desk, unset, selected);
      expect(afterEvaluating(shell, format, [lines, back], start)).toEqual(start);
      // The second --unset has nothing to do and succeeds.
      const again = await text(desk, unset, start);
      expect(afterEvaluating(shell, format, [again], start)).toEqual(start);
    },
  );

  test.skipIf(!isThere(shell))('another identity replaces the first one completely', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(twoIdentities(desk));
    const start = afterEvaluating(shell, format, [], desk.env);
    const first = await text(desk, set, start);
    const selected = afterEvaluating(shell, format, [first], start);
    const second = await text(desk, `${set} -i other`, selected);
    const alone = await text(desk, `${set} -i other`, start);
    const switched = afterEvaluating(shell, format, [first, second], start);
    expect(switched).toEqual(afterEvaluating(shell, format, [alone], start));
    expect(switched).toMatchObject({ ATMOS_IDENTITY: 'other', AWS_PROFILE: 'other' });
    // Without -i the shell keeps its identity.
    expect(await text(desk, set, switched)).toBe(alone);
  });
});

const selected = {
  ATMOS_AUTH_ENV_SET: 'ATMOS_IDENTITY,AWS_PROFILE,TF_VAR_a',
  ATMOS_IDENTITY: 'dev',
  AWS_PROFILE: 'dev',
  AWS_REGION: 'of the user',
};

test.each([
  ['bash', 'unset ATMOS_AUTH_ENV_SET ATMOS_IDENTITY AWS_PROFILE TF_VAR_a\n'],
  ['fish', 'set -e ATMOS_AUTH_ENV_SET ATMOS_IDENTITY AWS_PROFILE TF_VAR_a\ntrue\n'],
  [
    'powershell',
    '$env:ATMOS_AUTH_ENV_SET = $env:ATMOS_IDENTITY = $env:AWS_PROFILE = $env:TF_VAR_a = $null\n',
  ],
  [
    'cmd',
    'set "ATMOS_AUTH_ENV_SET="\nset "ATMOS_IDENTITY="\nset "AWS_PROFILE="\nset "TF_VAR_a="\ncd .\n',
  ],
  [
    'json',
    '{\n  "ATMOS_AUTH_ENV_SET": null,\n  "ATMOS_IDENTITY": null,\n  "AWS_PROFILE": null,\n  "TF_VAR_a": null\n}\n',
  ],
])(
  "--unset prints only the variables of auth env, not the user's own: %s",
  async (format, expected) => {
    const desk = await openDesk();
    expect(await text(desk, `auth env --unset -f ${format}`, selected)).toBe(expected);
  },
);

test('--unset needs no readable configuration', async () => {
  const desk = await openDesk();
  desk.configure('auth: [');
  const elsewhere = join(desk.root, 'elsewhere');
  mkdirSync(elsewhere);
  for (const directory of [desk.project, elsewhere]) {
    expect(
      await desk.run('auth env --unset', {
        env: selected,
        host: { workingDirectory: () => directory },
      }),
    ).toMatchObject({ exitCode: 0, stderr: '' });
  }
});

test('a manipulated record can name variables but is never evaluated as code', async () => {
  const desk = await openDesk();
  const env = { ATMOS_AUTH_ENV_SET: 'A B,$(id),;id,,TF_VAR_a,x=y' };
  expect(await text(desk, 'auth env --unset', env)).toBe('unset ATMOS_AUTH_ENV_SET TF_VAR_a\n');
});

test.each(['dotenv', 'env', 'github'])('the format %s cannot unset variables', async (format) => {
  const desk = await openDesk();
  expect(await desk.run(`auth env --unset -f ${format}`, { env: selected })).toEqual({
    code: 'ERR_USAGE',
    exitCode: 2,
    stdout: '',
    stderr:
      `error: the format ${format} cannot unset variables\n` +
      'hint: choose another format: --format bash or --format json\n',
  });
});

test.each([
  ['-i dev', 'identity'],
  ['-i', 'identity'],
  ['--credentials env', 'credentials'],
  ['--mfa-token 123456', 'mfa-token'],
  ['--device-code', 'device-code'],
  ['--no-browser', 'no-browser'],
])('--unset cannot be combined with %s', async (words, option) => {
  const desk = await openDesk();
  expect(await desk.run(`auth env --unset ${words}`)).toEqual({
    code: 'ERR_USAGE',
    exitCode: 2,
    stdout: '',
    stderr: `error: --unset applies to every identity, so it cannot be combined with --${option}\n`,
  });
});

test('a variable of env: that had a value before is not unset, because it could be PATH', async () => {
  const desk = await openDesk();
  desk.configure(
    yamlOf(desk, { identity: 'env: [{ key: PATH, value: /x }, { key: TF_VAR_new, value: y }]' }),
  );
  const env = { ATMOS_AUTH_TRUST: '1', AWS_PROFILE: 'mine' };
  const lines = JSON.parse(await text(desk, 'auth env -f json', env)) as Environment;
  expect(lines['PATH']).toBe('/x');
  const names = lines['ATMOS_AUTH_ENV_SET']?.split(',');
  expect(names).toEqual(expect.arrayContaining(['AWS_PROFILE', 'TF_VAR_new']));
  expect(names).not.toContain('PATH');
});

test('the region of the first identity does not affect the next one', async () => {
  const desk = await openDesk({ entries: storedKey });
  const env = { ATMOS_AUTH_ENV_SET: 'AWS_REGION', AWS_REGION: 'eu-central-1' };
  const json = 'auth env -f json --credentials env';
  expect(JSON.parse(await text(desk, json, env))).toMatchObject({ AWS_REGION: null });
  expect(JSON.parse(await text(desk, json, { AWS_REGION: 'eu-central-1' }))).not.toHaveProperty(
    'AWS_REGION',
  );
});
