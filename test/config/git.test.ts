import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRemoteUrl, readGit } from '../../src/config/git.ts';
import { findGitRoot } from '../../src/config/git-root.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';
const other = 'fedcba9876543210fedcba9876543210fedcba98';

/** A new directory with these files. */
function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

function shown(root: string) {
  const { sha, branch, origin } = readGit(root);
  return { sha: sha(), branch: branch(), url: origin()?.url };
}

describe('the root of a repository', () => {
  it('is the nearest directory upwards that contains .git', () => {
    const root = directoryOf({ '.git/HEAD': '', 'a/b/file': '', 'sub/.git': 'gitdir: x' });
    expect(findGitRoot(join(root, 'a/b'))).toBe(root);
    expect(findGitRoot(root)).toBe(root);
    expect(findGitRoot(join(root, 'sub'))).toBe(join(root, 'sub'));
    expect(findGitRoot(join(root, 'sub/missing/too'))).toBe(join(root, 'sub'));
  });

  it('is undefined outside of a repository', () => {
    expect(findGitRoot(temporaryDirectory())).toBeUndefined();
  });
});

describe('a repository, by its files', () => {
  it.each([
    [
      'a branch',
      { HEAD: 'ref: refs/heads/main\n', 'refs/heads/main': `${commit}\n` },
      commit,
      'main',
    ],
    [
      'a branch with a slash',
      { HEAD: 'ref: refs/heads/release/1.2\n', 'refs/heads/release/1.2': commit },
      commit,
      'release/1.2',
    ],
    [
      'a packed branch',
      {
        HEAD: 'ref: refs/heads/main',
        'packed-refs': `# pack-refs with: peeled\n${other} refs/heads/main2\n${commit} refs/heads/main\n^${other}\n`,
      },
      commit,
      'main',
    ],
    [
      'a branch that was packed before its last commit',
      {
        HEAD: 'ref: refs/heads/main',
        'refs/heads/main': commit,
        'packed-refs': `${other} refs/heads/main`,
      },
      commit,
      'main',
    ],
    [
      'SHA-256',
      { HEAD: `${commit}${commit.slice(16)}` },
      `${commit}${commit.slice(16)}`,
      undefined,
    ],
    ['a detached HEAD', { HEAD: `${commit}\n` }, commit, undefined],
    [
      'a reference to a reference',
      {
        HEAD: 'ref: refs/heads/alias',
        'refs/heads/alias': 'ref: refs/heads/main',
        'refs/heads/main': commit,
      },
      commit,
      'alias',
    ],
    ['no commit yet', { HEAD: 'ref: refs/heads/main\n' }, undefined, 'main'],
    [
      'a reference to itself',
      { HEAD: 'ref: refs/heads/a', 'refs/heads/a': 'ref: refs/heads/a' },
      undefined,
      'a',
    ],
    ['references in a reftable', { HEAD: 'ref: refs/heads/.invalid' }, undefined, undefined],
    ['a reference that leads elsewhere', { HEAD: 'ref: refs/../../secret' }, undefined, undefined],
    ['no HEAD', {}, undefined, undefined],
    ['an empty HEAD', { HEAD: '' }, undefined, undefined],
    ['a HEAD of something else', { HEAD: 'ref: HEAD' }, undefined, undefined],
    ['a HEAD that is no text', { HEAD: '\xff\xfe\0' }, undefined, undefined],
    ['a HEAD that is huge', { HEAD: `${commit}${' '.repeat(1024 * 1024)}` }, undefined, undefined],
  ])('%s', (_, files, sha, branch) => {
    const entries = Object.entries(files).map(([name, text]) => [`.git/${name}`, text]);
    const root = directoryOf({ '.git/description': '', ...Object.fromEntries(entries) });
    expect(shown(root)).toEqual({ sha, branch, url: undefined });
  });

  it('is read in a worktree and a submodule, through the .git file and commondir', () => {
    const root = directoryOf({
      'main/.git/config': '[remote "origin"]\n\turl = https://git.example/o/r\n',
      'main/.git/refs/heads/topic': commit,
      'main/.git/worktrees/tree/HEAD': 'ref: refs/heads/topic\n',
      'main/.git/worktrees/tree/commondir': '../..\n',
      'tree/.git': 'gitdir: ../main/.git/worktrees/tree\n',
      'lost/.git': 'gitdir: /nonexistent\n',
      'wrong/.git': 'nothing\n',
    });
    const url = 'https://git.example/o/r';
    expect(shown(join(root, 'tree'))).toEqual({ sha: commit, branch: 'topic', url });
    const nothing = { sha: undefined, branch: undefined, url: undefined };
    expect(shown(join(root, 'lost'))).toEqual(nothing);
    expect(shown(join(root, 'wrong'))).toEqual(nothing);
  });

  it('is read through a link to its directory', () => {
    const root = directoryOf({ 'real/HEAD': commit });
    symlinkSync(join(root, 'real'), join(root, '.git'));
    expect(findGitRoot(root)).toBe(root);
    expect(shown(root).sha).toBe(commit);
  });

  it.skipIf(process.platform === 'win32')('is read without waiting for a FIFO', () => {
    const root = directoryOf({ '.git/description': '' });
    execFileSync('mkfifo', [join(root, '.git/HEAD'), join(root, '.git/config')]);
    expect(shown(root)).toEqual({ sha: undefined, branch: undefined, url: undefined });
  });

  it.each([
    ['[remote "origin"]\n\turl = a:b\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n', 'a:b'],
    ['[REMOTE "origin"] URL=https://h/o/r ; why\n', 'https://h/o/r'],
    ['[remote "origin"]\n  url = "https://h/o/r" # "x"\n', 'https://h/o/r'],
    ['[remote "origin"]\n  url = https://h/o/"a#b".git\n', 'https://h/o/a'],
    ['[remote "origin"]\r\n  url = https://h/one\r\n  url = https://h/two\r\n', 'https://h/one'],
    ['[remote "fork"]\n url = https://h/f\n[remote "origin"]\n url = https://h/r', 'https://h/r'],
    ['[remote "origin"]\n pushurl = https://h/p\n', undefined],
    ['[remote "Origin"]\n url = https://h/r\n', undefined],
    ['[url "https://evil/"]\n insteadOf = x\n[remote "origin"]\n', undefined],
    ['[remote "origin"]\n url =\n', undefined],
    ['', undefined],
  ])('whose configuration says %j', (config, url) => {
    expect(readGit(directoryOf({ '.git/config': config })).origin()?.url).toBe(url);
  });

  it('has no properties and never throws if its files are garbage', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('ref: ', 'refs/heads/', '../', '\n', '[remote "origin"]', 'url = ', commit),
      fc.constantFrom('gitdir: ', '/', '"', '\\', '#', '\0', 'https://', ':', '@', '.git'),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const { path: root, remove } = createTemporaryDirectory();
    try {
      mkdirSync(join(root, '.git/refs/heads'), { recursive: true });
      fc.assert(
        fc.property(text, text, text, (head, config, packed) => {
          writeFileSync(join(root, '.git/HEAD'), head);
          writeFileSync(join(root, '.git/config'), config);
          writeFileSync(join(root, '.git/packed-refs'), packed);
          const { sha = commit } = shown(root);
          expect(sha).toMatch(/^[0-9a-f]{40}$/);
        }),
        { numRuns: 300 },
      );
    } finally {
      remove();
    }
  });
});

describe('the URL of a remote', () => {
  it.each([
    ['https://github.com/cloudposse/atmos.git', 'github.com', 'cloudposse', 'atmos'],
    ['https://github.com/cloudposse/atmos', 'github.com', 'cloudposse', 'atmos'],
    ['git@github.com:cloudposse/atmos.git', 'github.com', 'cloudposse', 'atmos'],
    ['git@gitlab.com:my-group/my-project.git', 'gitlab.com', 'my-group', 'my-project'],
    ['git@gitlab.com:group/sub/project.git', 'gitlab.com', 'group/sub', 'project'],
    ['ssh://git@git.example.com:2222/o/r.git', 'git.example.com', 'o', 'r'],
    ['ssh://git@[::1]:22/o/r', '[::1]', 'o', 'r'],
    ['host:repository', 'host', undefined, 'repository'],
    ['https://dev.azure.com/org/project/_git/repo', 'dev.azure.com', 'org', 'repo'],
    ['git@ssh.dev.azure.com:v3/org/project/repo', 'dev.azure.com', 'org', 'repo'],
    ['https://git.example.com', 'git.example.com', undefined, undefined],
    ['file:///srv/git/repo.git', undefined, undefined, undefined],
    ['/srv/git/repo.git', undefined, undefined, undefined],
    ['../repo', undefined, undefined, undefined],
  ])('%s', (url, host, owner, name) => {
    const expected = Object.entries({ url, host, owner, name }).filter(([, value]) => value);
    expect(parseRemoteUrl(url)).toEqual(Object.fromEntries(expected));
  });

  it.each([
    ['https://user:token@git.example/o/r', 'https://git.example/o/r'],
    ['https://token@git.example:8443/o/r.git', 'https://git.example:8443/o/r.git'],
    ['https://user:p@ss@git.example/o/r', 'https://git.example/o/r'],
    ['https://git.example/o/r?private_token=token#token', 'https://git.example/o/r'],
    ['ssh://git:token@git.example/o/r', 'ssh://git@git.example/o/r'],
    ['https://user:to/ken@git.example/o/r', undefined],
    ['https://user:to\\ken@git.example/o/r', undefined],
    ['user:token@git.example:o/r', undefined],
    ['ext::sh -c token', undefined],
    ['token\u001b[2J', undefined],
  ])('is returned without credentials: %s', (written, url) => {
    expect(parseRemoteUrl(written)?.url).toBe(url);
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'https://',
      'git',
      '@',
      ':',
      '/',
      '.git',
      '[',
      ']',
      '::',
      '?',
      '#',
    );
    const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 10 });
    fc.assert(fc.property(text, (pieces) => void parseRemoteUrl(pieces.join(''))));
  });
});

const hasGit = spawnSync('git', ['--version']).status === 0;

describe.skipIf(!hasGit)('a repository of the git program', () => {
  function git(directory: string, ...args: string[]): string {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    };
    return execFileSync('git', args, { cwd: directory, env, encoding: 'utf8' }).trim();
  }

  function repository(): string {
    const root = temporaryDirectory();
    git(root, 'init', '--quiet', '--initial-branch=main');
    git(root, 'remote', 'add', 'origin', 'https://user:token@git.example/o/r.git');
    git(root, 'commit', '--quiet', '--allow-empty', '--message=one');
    return root;
  }

  const url = 'https://git.example/o/r.git';

  it('has the properties that git reports: fresh, packed, on a tag, in a worktree', () => {
    const root = repository();
    const first = git(root, 'rev-parse', 'HEAD');
    expect(shown(root)).toEqual({ sha: first, branch: 'main', url });

    git(root, 'tag', '--annotate', '--message=v1', 'v1');
    git(root, 'pack-refs', '--all');
    expect(shown(root)).toEqual({ sha: first, branch: 'main', url });

    const tree = join(temporaryDirectory(), 'tree');
    git(root, 'worktree', 'add', '--quiet', '-b', 'topic/x', tree);
    git(tree, 'commit', '--quiet', '--allow-empty', '--message=two');
    expect(findGitRoot(tree)).toBe(tree);
    expect(shown(tree)).toEqual({ sha: git(tree, 'rev-parse', 'HEAD'), branch: 'topic/x', url });

    git(root, 'checkout', '--quiet', 'v1');
    expect(shown(root)).toEqual({ sha: first, branch: undefined, url });
  });
});
