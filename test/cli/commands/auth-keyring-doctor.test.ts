import { chmodSync, existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { formatHint, posixSyntax } from '../../../src/core/format-hint.ts';
import type { Log } from '../../../src/core/log-events.ts';
import { setClock } from '../../../src/host/set-clock.ts';
import { createProbeKey } from '../../../src/keyring/inspection.ts';
import { formatEnvelope, type Envelope } from '../../../src/store/envelope.ts';
import { itemKey, type ItemKind } from '../../../src/store/key.ts';
import { encodeKey } from '../../../src/keyring/key.ts';
import { writeEntry } from '../../keyring/file/seed.ts';
import { sealEntry } from '../../keyring/file/tokens.ts';
import { testStart } from '../../support/fake-host.ts';
import { openDesk, user, yamlOf, type Desk, type RunOptions } from './desk.ts';
import { person } from './person.ts';

const command = 'auth keyring doctor';
/** The findings for a keyring without problems. Only test keyrings are weak. */
const healthy = [
  'round-trip ok',
  'size-limit ok',
  'entries ok',
  'directory ok',
  'files ok',
  'weak-entries ok',
  'state-directory ok',
  'network-file-system ok',
  'free-space ok',
  'agent ok',
  'contents ok',
  'orphans ok',
  'clock ok',
];

function entry(
  alias: string,
  item: ItemKind,
  notes: Partial<Pick<Envelope, 'savedAt' | 'clockOffsetMs'>> = {},
  realm = 'r',
): Record<string, string> {
  const credentials = awsCredentials(user);
  const text = formatEnvelope({ credentials, realm, alias, item, ...notes });
  return { [itemKey({ realm, alias }, item)]: text };
}

interface Check {
  readonly id: string;
  readonly state: string;
  readonly message: string;
  readonly hint: string | null;
  readonly backend: string;
}

async function examine(desk: Desk, options: RunOptions = {}) {
  const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`, options);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  expect(exitCode).toBe(ok ? 0 : 3);
  for (const check of checks)
    expect(Object.keys(check)).toEqual(['id', 'state', 'message', 'hint', 'backend']);
  return {
    ok,
    stderr,
    checks,
    of: (id: string) => checks.filter((check) => check.id === id),
    states: checks.map(({ id, state }) => `${id} ${state}`),
  };
}

describe('for a keyring without problems', () => {
  test('doctor reports its checks and changes nothing', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    const before = desk.stored();
    const { states, of, checks } = await examine(desk);
    expect(states).toEqual(healthy);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(of('weak-entries')).toMatchObject([
      {
        message:
          '1 of 1 entries have weaker encryption than atmos-auth writes; Atmos uses AES-128 and few rounds',
        hint: 'atmos auth keyring rekey --upgrade',
      },
    ]);
    expect(desk.stored()).toEqual(before);
  });

  test('doctor exits with code 0', async () => {
    const desk = await openDesk();
    const env = { ATMOS_KEYRING_TYPE: 'memory' };
    const { ok, checks, states } = await examine(desk, { env });
    expect({ ok, states }).toEqual({
      ok: true,
      states: ['round-trip ok', 'size-limit ok', 'entries ok', 'clock ok'],
    });
    expect(checks[0]).toEqual({
      id: 'round-trip',
      state: 'ok',
      message: 'an entry of 2 KiB was stored, read, listed and deleted',
      hint: null,
      backend: 'memory',
    });
    expect(await desk.run(command, { env })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'The memory keyring (this process)\n' +
        '  ok: round-trip: an entry of 2 KiB was stored, read, listed and deleted\n' +
        '  ok: size-limit: an entry of 64 KiB was stored, read, listed and deleted\n' +
        '  ok: entries: read 0 entries without an error\n' +
        '  ok: clock: the clock shows Jan 1 2026 00:00\n' +
        'Requests to AWS\n' +
        `  ok: network: ${desk.sts.url}: no proxy, no TLS\n` +
        'No problems found.\n',
    });
  });

  test('another keyring that opens is also tested, and does not affect the exit code', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    chmodSync(desk.directory, 0o755);
    const { ok, checks } = await examine(desk, { env: { ATMOS_KEYRING_TYPE: 'memory' } });
    expect(ok).toBe(true);
    expect(checks.filter(({ backend }) => backend === 'file')).toHaveLength(healthy.length);
    const { stderr } = await desk.run(command, { env: { ATMOS_KEYRING_TYPE: 'memory' } });
    expect(stderr).toContain(`The file keyring (~/data/atmos/keyring), which is not in use\n`);
    expect(stderr).toMatch(/\n {2}warning: directory: .* \(mode 0755\).*\n {4}hint: chmod 700 /);
  });

  test('a keyring that does not exist is not created', async () => {
    const desk = await openDesk();
    const { ok, states, of } = await examine(desk);
    expect({ ok, states }).toEqual({
      ok: true,
      states: ['state ok', 'free-space ok', 'agent ok', 'clock ok'],
    });
    expect(of('state')[0]?.message).toBe(
      `no keyring exists at ${desk.directory} yet: the first write creates it, so it was not tested`,
    );
    const { stderr } = await desk.run(command);
    expect(stderr.split('\n').at(-2)).toBe(
      'No problems found. Nothing is stored yet: the first key or session creates the keyring.',
    );
    const wrong = { env: { ATMOS_KEYRING_PASSWORD: 'short' } };
    expect((await examine(desk, wrong)).of('state')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('at least 8 are needed') },
    ]);
    expect(desk.stored()).toEqual({});
  });

  test('leftovers of a killed doctor are removed, and no other files', async () => {
    const [stale, recent] = [new Date(testStart.getTime() - 3_600_000), testStart].map(
      createProbeKey,
    );
    const desk = await openDesk({
      entries: { ...entry('dev', 'key'), [String(stale)]: 'x', [String(recent)]: 'x' },
    });
    expect((await examine(desk)).states).toEqual(
      healthy.flatMap((state) => (state === 'files ok' ? [state, 'other-entries ok'] : [state])),
    );
    expect(await desk.openKeyring().keys()).toEqual([recent, 'atmos_r_dev']);
  });
});

describe('the password', () => {
  test('is prompted for at a terminal', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    const ada = person('correct horse battery staple');
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    expect((await examine(desk, { env, person: ada })).states).toEqual(healthy);
    expect(ada.asked).toHaveLength(1);
  });

  test('that is missing is reported once, and every check that works without it is done', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    const { states, of } = await examine(desk, { env: { ATMOS_KEYRING_PASSWORD: undefined } });
    expect(states).toEqual([
      'round-trip problem',
      ...healthy.filter((state) => /^(dir|files|weak|state|net|free|agent|clock)/.test(state)),
    ]);
    expect(of('round-trip')).toMatchObject([
      {
        message: `the file keyring ${desk.directory} is locked: ATMOS_KEYRING_PASSWORD is not set, and no one can be prompted (there is no terminal)`,
        hint: 'atmos auth keyring unlock\nexport ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>',
      },
    ]);
  });

  test('that is wrong is a problem', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    const { of } = await examine(desk, { env: { ATMOS_KEYRING_PASSWORD: 'another one' } });
    expect(of('round-trip')).toMatchObject([
      { state: 'problem', message: expect.stringContaining('does not open the keyring') },
    ]);
  });

  test('is a cancellation if the user leaves the prompt', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    expect(await desk.run(command, { env, person: person() })).toMatchObject({
      code: 'ERR_CANCELLED',
      exitCode: 130,
    });
  });
});

describe('doctor finds', () => {
  async function openBroken(breakIt: (directory: string) => void): Promise<Desk> {
    const desk = await openDesk({
      entries: { ...entry('dev', 'key'), ...entry('dev', 'session') },
    });
    breakIt(desk.directory);
    return desk;
  }

  test.each<[string, (directory: string) => void, string, string, string | RegExp]>([
    [
      'an entry that other users can read',
      (directory) => chmodSync(join(directory, 'atmos_r_dev'), 0o644),
      'files problem',
      'atmos_r_dev is open to other users (mode 0644)',
      /^chmod 600 \S+atmos_r_dev$/,
    ],
    [
      'a symbolic link',
      (directory) => symlinkSync('atmos_r_dev', join(directory, 'atmos_r_link')),
      'files problem',
      'atmos_r_link is a symbolic link',
      /^ls -ld /,
    ],
    [
      'a truncated entry',
      (directory) => writeFileSync(join(directory, 'atmos_r_dev'), 'ey', { mode: 0o600 }),
      'files problem',
      'atmos_r_dev is damaged: it has 1 parts, not the 5 of a JWE',
      /: mv \S+ ~\/$/,
    ],
    [
      'a renamed entry',
      (directory) => renameSync(join(directory, 'atmos_r_dev'), join(directory, 'atmos_r_x')),
      'entries problem',
      'atmos_r_x contains the entry "atmos_r_dev": its file was renamed or copied',
      'rename the file back, or move it to another directory',
    ],
    [
      'names that a file system may treat as equal',
      (directory) => {
        writeFileSync(join(directory, 'atmos_r_DEV'), '', { mode: 0o600 });
      },
      'conflicting-files warning',
      '"atmos_r_DEV", "atmos_r_dev" differ only in case',
      /: ls -l \S+DEV \S+dev$/,
    ],
    [
      'a directory that other users can list',
      (directory) => chmodSync(directory, 0o755),
      'directory warning',
      '(mode 0755) and see the names of identities and realms',
      /^chmod 700 /,
    ],
    [
      'a directory that other users can write to',
      (directory) => chmodSync(directory, 0o777),
      'state problem',
      'can be written by other users, who could replace the keyring',
      /^chmod go-w /,
    ],
    [
      'a damaged verifier',
      (directory) => writeFileSync(join(directory, '.state/verifier'), 'ey', { mode: 0o600 }),
      'state-directory warning',
      'verifier is damaged: it has 1 parts',
      /^the next write creates it again: rm \S+verifier$/,
    ],
    [
      'a layout of a newer version',
      (directory) => writeFileSync(join(directory, '.state/version'), '99\n', { mode: 0o600 }),
      'state problem',
      'has version 99; this atmos-auth supports version 1',
      'npm install --global atmos-auth@latest',
    ],
  ])('%s', async (_, breakIt, state, message, hint) => {
    const desk = await openBroken(breakIt);
    const { ok, checks } = await examine(desk);
    expect(ok).toBe(!checks.some((check) => check.state === 'problem'));
    const found = checks.find((check) => check.message.includes(message));
    expect(found && `${found.id} ${found.state}`).toBe(state);
    expect(found?.hint).toMatch(hint);
  });

  test('warnings without failing: only a problem exits with 3', async () => {
    const desk = await openBroken((directory) => chmodSync(directory, 0o755));
    const warned = await desk.run(command);
    expect(warned).toMatchObject({ exitCode: 0, stdout: '' });
    expect(warned.stderr).toMatch(/\nNo problems found, 1 warning\.\n$/);
    writeFileSync(join(desk.directory, 'atmos_r_dev'), 'ey', { mode: 0o600 });
    const broken = await desk.run(command);
    expect(broken).toMatchObject({ exitCode: 3, stdout: '' });
    expect(broken.stderr).toMatch(/\n1 problem found, 1 warning\.\n$/);
  });

  test('entries of other programs, which are neither called damaged nor moved', async () => {
    const [theirs, broken] = ['atmos/dev/app/TOKEN', 'atmos/dev/app/BROKEN'];
    const token = await sealEntry({ key: theirs, value: '"hunter2"' }, 'of the store');
    const ours = 'atmos_secrets/dev/TOKEN';
    const readable = await sealEntry({ key: ours, value: '"hunter2"' });
    const desk = await openBroken((directory) => {
      writeEntry(directory, theirs, token);
      writeEntry(directory, ours, readable);
      writeEntry(directory, broken, 'not a JWE');
      chmodSync(join(directory, encodeKey(broken)), 0o644);
    });
    const { ok, of, checks } = await examine(desk);
    expect({ ok, notWell: checks.filter(({ state }) => state !== 'ok') }).toEqual({
      ok: true,
      notWell: [],
    });
    expect(of('other-entries').map(({ message, hint }) => ({ message, hint }))).toEqual([
      {
        message: `entries of other programs that are not readable with this password: "${broken}", "${theirs}"`,
        hint: null,
      },
      { message: 'entries of other programs in the same directory: 3', hint: null },
    ]);
    expect(JSON.stringify(checks)).not.toMatch(/\b(mv|rm|chmod) /);
  });

  test('no keyring in a directory with only entries of other programs', async () => {
    const desk = await openDesk();
    const theirs = 'atmos/dev/app/TOKEN';
    mkdirSync(desk.directory, { recursive: true, mode: 0o700 });
    writeEntry(
      desk.directory,
      theirs,
      await sealEntry({ key: theirs, value: 'v' }, 'of the store'),
    );
    const before = desk.stored();
    const { ok, of } = await examine(desk);
    expect({ ok, state: of('state')[0]?.message }).toEqual({
      ok: true,
      state: `no keyring exists at ${desk.directory} yet: the first write creates it, so it was not tested`,
    });
    expect(of('other-entries')[0]?.message).toBe(
      'entries of other programs in the same directory: 1',
    );
    expect((await desk.run(command)).stderr).toMatch(
      /\nNo problems found\. Nothing is stored yet: the first key or session creates the keyring\.\n$/,
    );
    expect(desk.stored()).toEqual(before);
  });

  test('files of other programs, which are named and not moved', async () => {
    const desk = await openBroken((directory) => {
      mkdirSync(join(directory, 'backup'));
      writeFileSync(join(directory, '.DS_Store'), '');
    });
    const { ok, of } = await examine(desk);
    expect(ok).toBe(true);
    expect(of('foreign-files')).toMatchObject([
      {
        state: 'ok',
        message: `${desk.directory} contains files that no program reads as entries: ".DS_Store", "backup"`,
        hint: null,
      },
    ]);
  });

  test('leftovers of a killed writer, if no later write removed them', async () => {
    const desk = await openBroken((directory) => {
      writeFileSync(join(directory, '.state/temporary/x'), '');
      mkdirSync(join(directory, '.state/next'), { mode: 0o700 });
    });
    const locked = await examine(desk, { env: { ATMOS_KEYRING_PASSWORD: undefined } });
    expect([...locked.of('rekey'), ...locked.of('leftovers')]).toMatchObject([
      {
        state: 'warning',
        message: expect.stringContaining(
          'interrupted before it was committed: the old password is valid',
        ),
        hint: 'atmos auth keyring rekey',
      },
      { state: 'warning', hint: expect.stringMatching(/: rm -r \S+temporary$/) },
    ]);
    // The round trip writes an entry.
    expect((await examine(desk)).states).toEqual(healthy);
  });

  test('an entry whose name differs from its content', async () => {
    const [stolen = ''] = Object.values(entry('x', 'key'));
    const desk = await openDesk({ entries: { atmos_r_dev: stolen } });
    expect((await examine(desk)).of('contents')).toMatchObject([
      {
        state: 'problem',
        message:
          'the entry atmos_r_dev contains the key of identity x of realm r: it was renamed, or two identities share the name',
      },
    ]);
  });

  test('an unusable entry, but not one of a type that only Atmos knows', async () => {
    const desk = await openDesk({
      entries: {
        atmos_r_dev: '{"type":"aws","data":{}}',
        'atmos_r_dev@session': 'secret text',
        atmos_r_gcp: '{"type":"gcp","data":{"access_token":"x"}}',
        other: 'text',
      },
    });
    const { of, stderr } = await examine(desk);
    expect(of('contents')).toMatchObject([
      {
        message:
          'the entry atmos_r_dev cannot be used: its access key id or secret access key is missing',
        hint: 'to remove it: atmos auth logout dev --keychain',
      },
      {
        message: 'the entry atmos_r_dev@session cannot be used: it is not a JSON object',
        hint: 'to remove it: atmos auth logout dev',
      },
    ]);
    expect(stderr).not.toContain('secret text');
  });

  test('entries of unconfigured identities in this realm, and other realms', async () => {
    const desk = await openDesk({
      entries: {
        ...entry('dev', 'key'),
        ...entry('gone', 'key'),
        ...entry('Gone', 'session'),
        ...entry('theirs', 'session', {}, 'other'),
      },
    });
    const { of } = await examine(desk);
    expect(of('orphans')).toMatchObject([
      {
        state: 'warning',
        message:
          'the key and session of gone are stored, but no identity or provider of this name is configured here or in a chosen profile',
        hint: 'atmos auth logout gone --keychain',
      },
    ]);
    expect(of('realms')).toMatchObject([
      { state: 'ok', message: 'entries of other realms: 1 (other)' },
    ]);
  });

  test.each<[string, Date, Parameters<typeof entry>[2], string]>([
    [
      'before all entries',
      testStart,
      { savedAt: new Date('2026-01-01T00:06:00Z') },
      'the clock shows 2026-01-01T00:00:00Z, but an entry was saved at 2026-01-01T00:06:00Z: the clock was wrong then or is wrong now',
    ],
    [
      'in the past',
      new Date('1970-01-01T00:00:00Z'),
      {},
      'the clock shows 1970-01-01T00:00:00Z, which is in the past',
    ],
    [
      'behind that of AWS',
      testStart,
      { savedAt: testStart, clockOffsetMs: 400_000 },
      'when the last session was opened, the clock was 6m 40s slow compared with the clock of AWS',
    ],
    [
      'before that of AWS',
      testStart,
      { savedAt: testStart, clockOffsetMs: -400_000 },
      'when the last session was opened, the clock was 6m 40s fast compared with the clock of AWS',
    ],
  ])('a clock %s', async (_, now, notes, message) => {
    const desk = await openDesk({ entries: entry('dev', 'session', notes) });
    desk.clock.now = now;
    expect((await examine(desk)).of('clock')).toMatchObject([
      {
        state: 'warning',
        message,
        hint: setClock(process)
          .map((hint) => formatHint(hint, posixSyntax))
          .join('\n'),
      },
    ]);
  });

  test('an unreachable system keyring, with a fix', async () => {
    const desk = await openDesk();
    const env = { ATMOS_KEYRING_TYPE: 'system', ATMOS_KEYRING_PASSWORD: undefined };
    const { ok, checks, of } = await examine(desk, { env });
    expect({ ok, states: checks.map(({ state }) => state) }).toEqual({
      ok: false,
      states: ['problem', 'ok'],
    });
    expect(of('state')[0]?.hint).toContain('export ATMOS_KEYRING_TYPE=file');
  });

  test('a fallback in use', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    desk.configure(yamlOf(desk, { keyring: 'type: system\nfallback: [file]' }));
    const { states, of } = await examine(desk);
    expect(states).toEqual(['fallback warning', ...healthy]);
    expect(of('fallback')[0]?.hint).toBe('to test that keyring: export ATMOS_KEYRING_TYPE=system');
  });
});

describe('requests of an untrusted project', () => {
  test('to run a program, without running it, and does the other checks', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    const keyring = `type: file\nspec:\n  password_command: touch ${desk.root}/ran`;
    desk.configure(yamlOf(desk, { keyring }));
    const { ok, states, of } = await examine(desk, { env: { ATMOS_KEYRING_PASSWORD: undefined } });
    expect({ ok, states }).toEqual({
      ok: false,
      states: [
        'state problem',
        ...healthy.filter((state) => /^(dir|files|weak|state|net|free|agent)/.test(state)),
      ],
    });
    expect(of('state')[0]).toMatchObject({
      message: expect.stringMatching(/is not trusted: it runs the password command touch /),
      hint: expect.stringMatching(/^atmos auth trust\n/),
    });
    expect(existsSync(join(desk.root, 'ran'))).toBe(false);
  });

  test('to store entries, and still opens entries', async () => {
    const desk = await openDesk({ entries: entry('dev', 'key') });
    desk.configure(yamlOf(desk, { keyring: 'type: file\nspec:\n  password_env: PATH_OF_PROJECT' }));
    const env = {
      ATMOS_KEYRING_PASSWORD: undefined,
      PATH_OF_PROJECT: desk.env['ATMOS_KEYRING_PASSWORD'],
    };
    const { ok, states, of } = await examine(desk, { env });
    expect({ ok, states }).toEqual({
      ok: false,
      states: [
        'round-trip problem',
        ...healthy.filter((state) => !/^(round-trip|size-limit)/.test(state)),
      ],
    });
    expect(of('round-trip')[0]?.message).toMatch(
      /is not trusted: it stores credentials under a password that its author can know/,
    );
    expect(of('entries')[0]?.message).toBe('read 1 entry without an error');
  });
});

test('doctor opens the keyring once for its entries and for the sessions of portals', async () => {
  const desk = await openDesk({ entries: entry('dev', 'key') });
  const portal = `{ kind: aws/iam-identity-center, start_url: 'https://d-1.awsapps.com/start', region: eu-west-1 }`;
  const file = join(desk.project, 'atmos.yaml');
  writeFileSync(file, `${yamlOf(desk)}  providers:\n    corp: ${portal}\n`);
  const events: string[] = [];
  const log: Log = (event) => void events.push(event);
  const { stdout } = await desk.run(`${command} -o json`, { host: { log } });
  expect(JSON.parse(stdout)).toMatchObject({
    sign_in: { portals: [{ provider: 'corp', session: { state: 'none' } }] },
  });
  expect(events.filter((event) => event === 'keyring.password')).toHaveLength(1);
});
