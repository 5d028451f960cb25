import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsSessionFiles } from '../../../src/clouds/aws/atmos-session.ts';
import { parseIni } from '../../../src/clouds/aws/ini.ts';
import { listAwsSessionFiles } from '../../../src/clouds/aws/session-files.ts';
import type { FileOwner } from '../../../src/clouds/cloud-contract.ts';
import type { AwsCredentials } from '../../../src/core/credentials.ts';
import type { Host } from '../../../src/host/host.ts';
import { acquireLock } from '../../../src/host/lock.ts';
import { startWriter } from '../../fault/processes.ts';
import { compileProgram, type Program } from '../../support/compile.ts';
import { errorOf } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { owner, sessionWith } from './atmos-sessions.ts';
import { profileSection, putSessions, section } from './go-atmos-files.ts';

const session = sessionWith();
const written =
  '; atmos: expiration=2026-01-01T12:00:00Z\n' +
  '[dev]\n' +
  'aws_access_key_id     = ASIAIOSFODNN7EXAMPLE\n' +
  'aws_secret_access_key = CanaryIn/The+Coal/Mine0123456789abcdefgh\n' +
  'aws_session_token     = Canary/Session+Token==\n';

function openHome(overrides: Partial<Host> = {}) {
  const home = temporaryDirectory();
  const host = fakeHost({ homeDirectory: home, ...overrides });
  const directory = join(home, '.config/atmos/r/aws/aws-user');
  const paths = { credentials: join(directory, 'credentials'), config: join(directory, 'config') };
  return {
    home,
    host,
    directory,
    ...paths,
    put(name: 'credentials' | 'config', text: string) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      writeFileSync(paths[name], text, { mode: 0o600 });
    },
    text: (name: 'credentials' | 'config') => readFileSync(paths[name], 'utf8'),
    write: (credentials: AwsCredentials = session, of: FileOwner = owner) =>
      awsSessionFiles.write(of, credentials, host),
    read: (of: FileOwner = owner) => awsSessionFiles.read(of, host),
  };
}

describe('writing a session for Atmos', () => {
  test('creates both files as Atmos does, and reads them back', async () => {
    const { write, read, text, credentials, config, directory } = openHome();
    await write();
    expect(text('credentials')).toBe(written);
    expect(text('config')).toBe('[profile dev]\nregion = eu-central-1\n');
    for (const path of [credentials, config]) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(read()).toEqual({ credentials: session, writtenAt: statSync(credentials).mtime });
    const names = ['config', 'config.lock', 'credentials', 'credentials.lock'];
    expect(readdirSync(directory)).toEqual(names);
  });

  test('writes names in lower case, the default region, and [default] without a prefix', async () => {
    const { write, read, home } = openHome();
    const { region: _, ...rest } = session;
    const named = { realm: 'r', root: 'SSO', identity: 'Default' };
    await write(rest, named);
    const directory = join(home, '.config/atmos/r/aws/sso');
    expect(readFileSync(join(directory, 'credentials'), 'utf8')).toContain('\n[default]\n');
    expect(readFileSync(join(directory, 'config'), 'utf8')).toBe('[default]\nregion = us-east-1\n');
    expect(read(named)?.credentials).toEqual({ ...session, region: 'us-east-1' });
  });

  test('keeps everything else byte for byte', async () => {
    const { put, text, write } = openHome();
    const before = '# mine\r\n\n[Other]\naws_access_key_id=A ; note\n  s3 =\n    x = y\n';
    const after = '\n; about last\n[last]\nx: y\n# end';
    const comments = '; atmos: expiration=2020-01-01T00:00:00Z\n; my note\n';
    const old =
      'region = x\naws_secret_access_key = B\n  continued\n# kept\naws_access_key_id = C\n';
    put('credentials', `${before}${comments}[dev]\n${old}aws_secret_access_key = D\n${after}`);
    put('config', `${before}[profile dev]\noutput = json\n`);
    await write();
    const [comment = '', ...lines] = written.split(/(?<=\n)/);
    expect(text('credentials')).toBe(
      `${before}; my note\n${comment}${lines.join('')}region = x\n# kept\n${after}`,
    );
    expect(text('config')).toBe(`${before}[profile dev]\nregion = eu-central-1\noutput = json\n`);
    const once = text('credentials');
    await write();
    expect(text('credentials')).toBe(once);
  });

  test('appends a section to a file that has no line feed at its end', async () => {
    const { put, text, write } = openHome();
    put('credentials', '[other]\nx = y');
    await write();
    expect(text('credentials')).toBe(`[other]\nx = y\n\n${written}`);
  });

  test('indents its lines like the section, whose other lines would continue them', async () => {
    const { put, read, text, write } = openHome();
    put('credentials', '[dev]\n  x = y\n');
    await write();
    expect(read()?.credentials).toEqual(session);
    expect(text('credentials')).toMatch(/\n {2}aws_session_token {5}= \S+\n {2}x = y\n$/);
  });

  test('does not write the same session twice', async () => {
    const { credentials, write } = openHome();
    await write();
    const { ino } = statSync(credentials);
    await write();
    expect(statSync(credentials).ino).toBe(ino);
  });

  test('keeps the time of a file with sessions of other identities', async () => {
    const { home, credentials, write, read } = openHome();
    putSessions(home, 'r', 'aws-user', ['ops']);
    const before = new Date('2025-12-31T00:00:00Z');
    utimesSync(credentials, before, before);
    await write();
    expect(statSync(credentials).mtime).toEqual(before);
    expect(read({ ...owner, identity: 'ops' })?.writtenAt).toEqual(before);
  });

  test('writes no credentials without an expiry', async () => {
    const { home, write } = openHome();
    const { expiresAt: _, ...rest } = session;
    await write(rest);
    expect(readdirSync(home)).toEqual([]);
  });

  test('writes files that a logout finds', async () => {
    const { host, write } = openHome();
    await write();
    const found = listAwsSessionFiles(host, { realm: 'r', identities: ['dev'], providers: [] });
    expect(found.map(({ item, identity, realm }) => [item, identity, realm])).toEqual([
      ['profile', 'dev', 'r'],
      ['session', 'dev', 'r'],
    ]);
    for (const file of found) expect(await file.remove([file])).toHaveLength(1);
    expect(listAwsSessionFiles(host, { realm: 'r', identities: [], providers: [] })).toEqual([]);
  });
});

describe('a session that would change the meaning of the files is refused', () => {
  const names = ['a]', '[a', 'a\nb', 'a\r', 'a\0', ' a', 'a ', '', '\u2028a', 'a\u0085'];
  test.each(names)('the identity %j', async (identity) => {
    const { home, write, read } = openHome();
    expect(await errorOf(write(session, { ...owner, identity }))).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot write session files as Atmos does: ${JSON.stringify(identity)} cannot be the name of a section`,
    });
    expect(readdirSync(home)).toEqual([]);
    expect(read({ ...owner, identity })).toBeUndefined();
  });

  test.each(['..', '.', '.x', 'a/b', 'a\\b', 'c:', 'x\n', '', 'x.', 'x '])(
    'the provider %j',
    async (root) => {
      const { home, write, read } = openHome();
      expect(await errorOf(write(session, { ...owner, root }))).toMatchObject({
        code: 'ERR_USAGE',
        message: `cannot write session files as Atmos does: ${JSON.stringify(root)} cannot be the name of a directory`,
      });
      expect(readdirSync(home)).toEqual([]);
      expect(read({ ...owner, root })).toBeUndefined();
    },
  );

  test('the realm with the name of the directory of profiles', async () => {
    const { write } = openHome();
    expect(await errorOf(write(session, { ...owner, realm: 'profiles' }))).toMatchObject({
      code: 'ERR_USAGE',
    });
  });

  test.each([
    ['accessKeyId', 'aws_access_key_id', 'A\n[admin]'],
    ['secretAccessKey', 'aws_secret_access_key', 'a # b'],
    ['sessionToken', 'aws_session_token', 'a;b'],
    ['sessionToken', 'aws_session_token', ''],
    ['sessionToken', 'aws_session_token', '"a"'],
    ['sessionToken', 'aws_session_token', 'a%(x)s'],
    ['sessionToken', 'aws_session_token', 'a\\'],
  ])('the %s %j', async (field, key, value) => {
    const { home, write, credentials } = openHome();
    const error = await errorOf(write(sessionWith({ [field]: value })));
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot write ${credentials}: the ${key} of dev has a character that such a file cannot contain`,
    });
    expect(readdirSync(home)).toEqual([]);
  });

  test('the region, with which nothing of the session is written', async () => {
    const { home, write } = openHome();
    const error = await errorOf(write(sessionWith({ region: 'x\n[y]' })));
    expect(error).toMatchObject({ code: 'ERR_USAGE' });
    expect(readdirSync(home)).toEqual([]);
  });

  test('any name either is refused, or is one section that is read back', async () => {
    const { home, host, write } = openHome();
    const other = { ...owner, identity: 'other' };
    await write(sessionWith({ sessionToken: 'other' }), other);
    const unit = fc.constantFrom(
      ...Array.from('aZéİ.@+=-_:;#"\'`\\%$&|<>[]{}()/ \t\n\r\0\u2028\u00a0'),
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 8 }), async (identity) => {
        const named = { ...owner, identity };
        const before = awsSessionFiles.read(other, host);
        const refused = await awsSessionFiles.write(named, session, host).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused === undefined) {
          expect(awsSessionFiles.read(named, host)?.credentials).toEqual(session);
        } else {
          expect(refused).toMatchObject({ code: 'ERR_USAGE' });
        }
        expect(awsSessionFiles.read(other, host)?.credentials).toEqual(before?.credentials);
      }),
      { numRuns: 200 },
    );
    const text = readFileSync(join(home, '.config/atmos/r/aws/aws-user/credentials'), 'utf8');
    const found = parseIni(text).map(({ name }) => name);
    expect(new Set(found).size).toBe(found.length);
  });
});

describe('files that another user could change are neither written nor read', () => {
  test('a link to a file', async () => {
    const { home, credentials, write, read, put } = openHome();
    await write();
    const elsewhere = join(home, 'elsewhere');
    renameSync(credentials, elsewhere);
    symlinkSync(elsewhere, credentials);
    expect(await errorOf(write(sessionWith({ sessionToken: 'x' })))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${credentials}: it is a symbolic link`,
    });
    expect(readFileSync(elsewhere, 'utf8')).toBe(written);
    expect(read()).toBeUndefined();
    rmSync(credentials);
    put('credentials', written);
    expect(read()).toBeDefined();
  });

  test('a link to a directory, below which nothing is created', async () => {
    const { home, directory, config, write } = openHome();
    const elsewhere = join(home, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
    symlinkSync(elsewhere, directory);
    expect(await errorOf(write())).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${config}: it is below ${directory}, which is a symbolic link`,
    });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test.each(['.config/atmos/r/aws/aws-user', '.config/atmos/r', '.config/atmos', '.config'])(
    'the directory %s, to which other users can write',
    async (name) => {
      const { home, config, write, read } = openHome();
      await write();
      const open = join(home, name);
      chmodSync(open, 0o777);
      expect(await errorOf(write(sessionWith({ sessionToken: 'x', region: 'x' })))).toMatchObject({
        code: 'ERR_IO',
        message: `cannot write ${config}: it is below ${open}, which can be changed by other users (mode 0777)`,
      });
      expect(read()).toBeUndefined();
    },
  );

  test('a file to which other users can write', async () => {
    const { credentials, write, read } = openHome();
    await write();
    chmodSync(credentials, 0o666);
    expect(await errorOf(write(sessionWith({ sessionToken: 'x' })))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${credentials}: it can be changed by other users (mode 0666)`,
    });
    expect(read()).toBeUndefined();
  });

  test('a file of another user', async () => {
    const { host, write, read } = openHome();
    await write();
    const stranger = { ...host, userId: (host.userId ?? 0) + 1 };
    expect(await errorOf(awsSessionFiles.write(owner, session, stranger))).toMatchObject({
      code: 'ERR_IO',
      message: expect.stringMatching(/^cannot write .*belongs to user \d+$/),
    });
    expect(awsSessionFiles.read(owner, stranger)).toBeUndefined();
    expect(read()).toBeDefined();
  });

  test.each([
    ['is larger than 1 MiB', '#'.repeat(1024 * 1024 + 1)],
    ['is not UTF-8 text', Buffer.from([0x23, 0xff, 0x0a])],
  ])('a file that %s', async (fault, content) => {
    const { credentials, put, write } = openHome();
    put('credentials', '');
    writeFileSync(credentials, content);
    expect(await errorOf(write())).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${credentials}: it ${fault}`,
    });
    expect(readFileSync(credentials).equals(Buffer.from(content))).toBe(true);
  });

  test('a file that another process has locked', async () => {
    const { host, directory, config } = openHome();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    let now = 0;
    const waiting = { ...host, monotonicMs: () => (now += 1000) };
    const lock = await acquireLock(`${config}.lock`, { mode: 'exclusive', timeoutMs: 0, host });
    expect(await errorOf(awsSessionFiles.write(owner, session, waiting))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot change ${config}: another process has had it locked for 10 seconds`,
    });
    lock?.release();
    expect(existsSync(config)).toBe(false);
  });

  test('nothing without a home directory', async () => {
    const { write, read } = openHome({ homeDirectory: undefined });
    expect(await errorOf(write())).toMatchObject({ code: 'ERR_USAGE' });
    expect(read()).toBeUndefined();
  });
});

describe('a session of Atmos', () => {
  test('is read with the region of its profile', () => {
    const { home, read } = openHome();
    putSessions(home, 'r', 'aws-user', ['other', 'dev']);
    expect(read()?.credentials).toEqual({ ...session, sessionToken: 'CanarySessionToken' });
    expect(read({ ...owner, identity: 'DEV' })).toEqual(read());
    expect(read({ ...owner, identity: 'ops' })).toBeUndefined();
    expect(read({ ...owner, realm: 's' })).toBeUndefined();
  });

  const whole = section('dev');
  test.each([
    ['with another comment character', whole.replace('; atmos:', '#  atmos:'), true],
    ['with more notes', whole.replace('expiration', 'by=x expiration'), true],
    ['with another comment above', whole.replace('[dev]', '# note\n[dev]'), true],
    ['without an expiry', whole.replace(/^; atmos.*\n/, ''), false],
    ['whose expiry is above another section', whole.replace('[dev]', '[x]\n[dev]'), false],
    ['whose expiry is apart', whole.replace('[dev]', '\n[dev]'), false],
    ['with two expiries', `; atmos: expiration=2027-01-01T12:00:00Z\n${whole}`, false],
    ['with an invalid expiry', whole.replace('2026-01-01', '2026-02-30'), false],
    ['without a token', whole.replace(/aws_session_token.*/, ''), false],
    ['with an empty key', whole.replace('ASIAIOSFODNN7EXAMPLE', ''), false],
    ['that is there twice', `${whole}${whole}`, false],
  ])('%s', (_, text, isFound) => {
    const { put, read } = openHome();
    put('credentials', text);
    put('config', profileSection('dev'));
    expect(read() !== undefined).toBe(isFound);
  });

  test.each(['', '[profile dev]\nregion = not a region\n', profileSection('dev').repeat(2)])(
    'has no region if its profile is %j',
    (text) => {
      const { put, read } = openHome();
      put('credentials', whole);
      put('config', text);
      expect(read()?.credentials).toMatchObject({ accessKeyId: session.accessKeyId });
      expect(read()?.credentials.region).toBeUndefined();
    },
  );
});

describe('a process that is killed while it writes', () => {
  let program: Program | undefined;
  beforeAll(async () => {
    program = await compileProgram('test/clouds/aws/atmos-session-program.ts');
  });
  afterAll(() => program?.remove());

  const steps = ['temporary opened', 'temporary written', 'temporary synced', 'renamed'];
  test.each(steps.flatMap((step) => [['credentials', step] as const, ['config', step] as const]))(
    'leaves %s whole after the step "%s", and what it left is removed',
    async (file, step) => {
      const { home, directory, text, write, read } = openHome();
      await write(sessionWith({ region: 'us-east-2' }));
      const killed = startWriter(program?.file ?? '', [home, 'NewToken', file, step]);
      await killed.line('reached');
      await killed.kill();
      const isNew = file === 'credentials' && step === 'renamed';
      expect(read()?.credentials.sessionToken).toBe(isNew ? 'NewToken' : session.sessionToken);
      expect(text('config')).toMatch(/^\[profile dev\]\nregion = \S+\n$/);
      await write();
      expect(read()?.credentials).toEqual(session);
      const names = ['config', 'config.lock', 'credentials', 'credentials.lock'];
      expect(readdirSync(directory)).toEqual(names);
    },
  );
});
