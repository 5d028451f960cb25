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
 * The parts of a remote's URL, as Atmos tells them (go-git-url, and what it parses itself where that
 * does not know the host): the last part of the path is the name, what comes before it the owner,
 * but in Azure DevOps the organisation alone.
 *
 * A password, or anything before the `@` of a web address, is removed, and so are query and
 * fragment. Undefined for what is not understood, since it could hide one.
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
