import { join, resolve } from 'node:path';
import { isAtmosError } from '../core/errors.ts';
import { statIfVisible } from '../host/read-files.ts';
import { readText } from './read.ts';

/** Facts about a git repository. Each is read when it is called. No method throws. */
export interface GitRepository {
  /** The commit of HEAD, in full. Undefined before the first commit. */
  sha(): string | undefined;
  /** The name of the branch, `release/1.2`. Undefined when HEAD is detached. */
  branch(): string | undefined;
  /** Its remote `origin`. */
  origin(): GitRemote | undefined;
}

/**
 * Reads a repository by its files. The git program is never run, since a repository's own
 * configuration can make it run others. Only what this needs is understood: `include` and
 * `insteadOf` in its configuration are not followed, references kept as a reftable, or in a
 * `packed-refs` of more than 1 MiB, are not found.
 *
 * @param root as {@link findGitRoot} gives it
 */
export function readGit(root: string): GitRepository {
  const directory = () => gitDirectory(root);
  const head = () => read(join(directory(), 'HEAD')).trim();
  return {
    sha: () => resolveReference(head(), commonDirectory(directory())),
    branch: () => /^refs\/heads\/(.+)$/.exec(referenceIn(head()) ?? '')?.[1],
    origin: () => {
      const url = originUrl(read(join(commonDirectory(directory()), 'config')));
      return url === undefined ? undefined : parseRemoteUrl(url);
    },
  };
}

/** A worktree or submodule has a file `.git` that says where its directory is. */
function gitDirectory(root: string): string {
  const dotGit = join(root, '.git');
  if (statIfVisible(dotGit)?.isDirectory()) return dotGit;
  const path = /^gitdir: (.+)$/m.exec(read(dotGit))?.[1];
  return path === undefined ? dotGit : resolve(root, path.trim());
}

/** Worktrees of a repository share the directory of the first one. */
function commonDirectory(directory: string): string {
  const path = read(join(directory, 'commondir')).trim();
  return path === '' ? directory : resolve(directory, path);
}

/** Git itself follows a reference to a reference this far. */
const maxLinks = 5;

/** @param text of a reference's file: a commit, or the name of another reference */
function resolveReference(text: string, directory: string, links = 0): string | undefined {
  if (isCommit(text)) return text;
  const name = referenceIn(text);
  if (name === undefined || links === maxLinks) return undefined;
  const found = read(join(directory, ...name.split('/'))).trim();
  return found === ''
    ? packedReference(name, directory)
    : resolveReference(found, directory, links + 1);
}

function packedReference(name: string, directory: string): string | undefined {
  const lines = read(join(directory, 'packed-refs')).split('\n');
  const [commit] = lines.find((line) => line.trimEnd().endsWith(` ${name}`))?.split(' ') ?? [];
  return commit !== undefined && isCommit(commit) ? commit : undefined;
}

function isCommit(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/**
 * The name in `ref: refs/heads/main`, if git would accept it. Such a name cannot lead outside of
 * the repository.
 */
function referenceIn(text: string): string | undefined {
  const name = /^ref: (refs\/[^\p{Cc} ~^:?*[\\]+)$/u.exec(text)?.[1];
  const isName = name?.split('/').every((part) => part !== '' && !/^\.|\.\.|\.lock$/.test(part));
  return isName ? name : undefined;
}

/** The first `url` of `[remote "origin"]`. */
function originUrl(config: string): string | undefined {
  let isOrigin = false;
  for (const line of config.split(/\r?\n/)) {
    const [, section, rest = line] = /^\s*\[([^\]]*)\](.*)$/.exec(line) ?? [];
    if (section !== undefined) isOrigin = isRemoteOrigin(section);
    const value = isOrigin ? /^\s*url\s*=(.*)$/i.exec(rest)?.[1] : undefined;
    if (value !== undefined) return parseValue(value);
  }
  return undefined;
}

/** The section's name in any case, the remote's as it is. */
function isRemoteOrigin(section: string): boolean {
  return /^\s*(\w+)\s+"origin"\s*$/.exec(section)?.[1]?.toLowerCase() === 'remote';
}

/** A value in the syntax of git: a comment terminates it, quotes preserve text, `\` escapes. */
function parseValue(written: string): string {
  const pieces = written.matchAll(/"((?:[^"\\]|\\.)*)"?|\\(.)|([#;].*)|([^"\\#;]+)/g);
  let value = '';
  for (const [, quoted, escaped, comment, plain] of pieces) {
    if (comment !== undefined) break;
    value += quoted?.replace(/\\(.)/g, '$1') ?? escaped ?? plain ?? '';
  }
  return value.trim();
}

/** The text of a file, empty when it is missing or cannot be read. */
function read(path: string): string {
  try {
    return readText(path)?.text ?? '';
  } catch (error) {
    if (isAtmosError(error)) return '';
    throw error;
  }
}

/** Where a repository is pushed to. */
export interface GitRemote {
  /** As it was written, without what may be a credential. */
  readonly url: string;
  /** `github.com`, without a port. Undefined for what is on this machine. */
  readonly host?: string;
  /** `cloudposse`; in groups `group/subgroup`. */
  readonly owner?: string;
  /** `atmos`. */
  readonly name?: string;
}

/**
 * The parts of a remote's URL, as Atmos computes them (with go-git-url, and itself for other
 * hosts): the last part of the path is the name and the part before it the owner. In Azure DevOps
 * the owner is the organization.
 *
 * A password, or anything before the `@` of a web address, is removed, as are query and fragment.
 * Undefined for a URL that cannot be parsed, since it could contain a password.
 */
export function parseRemoteUrl(written: string): GitRemote | undefined {
  if (written === '' || /[\p{Cc}\s]/u.test(written)) return undefined;
  const full = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)([^?#]*)/i.exec(written);
  if (full) return parseFull(full[1] ?? '', full[2] ?? '', full[3] ?? '');
  if (written.includes('::')) return undefined;
  const short = /^([\w.-]+@)?(\[[\da-f:.]+\]|[\w.-]{2,}):(.+)$/i.exec(written);
  if (short === null) return { url: written };
  const [, , host = '', path = ''] = short;
  return path.includes('@') ? undefined : { url: written, ...partsOf(host, path) };
}

function parseFull(scheme: string, authority: string, path: string): GitRemote | undefined {
  const [, user, place = ''] = /^(?:(.*)@)?([^@]*)$/.exec(authority) ?? [];
  const host = /^(\[[\da-f:.]+\]|[^:[\]]*)(?::\d+)?$/i.exec(place)?.[1];
  if (host === undefined) return undefined;
  const isWeb = /^(https?|ftps?)$/i.test(scheme);
  const shownUser = isWeb || user === undefined ? '' : `${user.split(':', 1).join('')}@`;
  const url = `${scheme}://${shownUser}${place}${path}`;
  return host === '' ? { url } : { url, ...partsOf(host, path) };
}

function partsOf(host: string, path: string): Omit<GitRemote, 'url'> {
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.pop()?.replace(/(?<=.)\.git$/, '');
  if (name === undefined) return { host };
  if (host.endsWith('azure.com')) return azureParts(host, parts, name);
  return parts.length === 0 ? { host, name } : { host, owner: parts.join('/'), name };
}

/** `dev.azure.com/org/project/_git/repo`, and `ssh.dev.azure.com:v3/org/project/repo`. */
function azureParts(host: string, parts: readonly string[], name: string): Omit<GitRemote, 'url'> {
  const isSsh = host.startsWith('ssh.');
  const owner = isSsh && parts[0] === 'v3' ? parts[1] : parts[0];
  const shown = isSsh ? host.slice('ssh.'.length) : host;
  return owner === undefined ? { host: shown, name } : { host: shown, owner, name };
}
