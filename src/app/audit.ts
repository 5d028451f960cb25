import { resolve } from 'node:path';
import { formatAuditRecord, type AuditRecord } from '../auth/audit-record.ts';
import type { LoginOptions, LoginResult } from '../auth/login.ts';
import { auditNeeds } from '../auth/trust-needs.ts';
import { identityKinds, kindOf } from '../clouds/registry.ts';
import type { Config } from '../config/config.ts';
import { requireTrust } from '../config/trust.ts';
import { credentialId } from '../core/credentials.ts';
import { isAtmosError } from '../core/errors.ts';
import type { Sourced } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { requireFromHome } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { appendLine, checkAppendable, type RotatedFile } from '../host/rotated-file.ts';

type Login = (identity: Identity, options?: LoginOptions) => Promise<LoginResult>;

export interface AuditOptions {
  readonly config: Config;
  /** `auth.audit.file` */
  readonly said: Sourced<string>;
  /** The command that uses identities: `exec`. Undefined: a Node program that calls `createAuth`. */
  readonly command: string | undefined;
  readonly host: Host;
}

/**
 * The same login, which records each use. It fails before anything is opened if the file cannot be
 * written, and gives no session whose line could not be written: a record that silently stops is
 * worthless.
 *
 * @throws ERR_CONFIG_UNTRUSTED for a file that a project names; ERR_IO, ERR_USAGE as `appendLine`
 */
export function recordUses(login: Login, audit: AuditOptions): Login {
  const { command = 'createAuth', host } = audit;
  return async (identity, options) => {
    const file = auditFileOf(audit);
    checkAppendable(file, host);
    const described = await describe(identity);
    const pid = await callerOf(audit);
    const record = (accessKeyId: string | null, outcome: string) => {
      const time = host.now().toISOString();
      const { principal, account } = described;
      const { name, kind } = identity;
      const use: AuditRecord = {
        time,
        identity: name,
        kind,
        principal,
        account,
        access_key_id: accessKeyId,
        command,
        pid,
        outcome,
      };
      return appendLine(file, formatAuditRecord(use), host);
    };
    let result: LoginResult;
    try {
      result = await login(identity, options);
    } catch (error) {
      await record(null, isAtmosError(error) ? error.code : 'INTERNAL');
      throw error;
    }
    await record(credentialId(result.session.credentials), 'ok');
    return result;
  };
}

/**
 * The file of `auth.audit`, which may be used.
 *
 * @throws ERR_CONFIG_UNTRUSTED; ERR_USAGE for `~` without a home directory
 */
export function auditFileOf({
  config,
  said,
  host,
}: Pick<AuditOptions, 'config' | 'said' | 'host'>): RotatedFile {
  for (const need of auditNeeds(said)) requireTrust(config, need, host);
  const path = resolve(host.workingDirectory(), requireFromHome(said, host));
  return { path, said, named: 'the audit file' };
}

/** What the configuration says of it, without opening anything. */
async function describe(identity: Identity) {
  const kind = identityKinds.includes(identity.kind) ? await kindOf(identity) : undefined;
  return {
    principal: kind?.principalOf?.(identity) ?? null,
    account: kind?.accountOf?.(identity) ?? null,
  };
}

/** The process that started a command. A Node program is itself the caller. */
async function callerOf({ command, host }: AuditOptions): Promise<number> {
  if (command === undefined) return host.processId;
  const [parent = host.processId] = await host.ancestors();
  return parent;
}
