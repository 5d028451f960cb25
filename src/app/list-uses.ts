import { parseAuditRecord, type AuditRecord } from '../auth/audit-record.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import { readRotated } from '../host/rotated-file.ts';
import { auditFileOf } from './audit.ts';

export interface UseFilter {
  /** The name of an identity, which may no longer be configured. Default: all. */
  readonly identity?: string;
  /** Default: since the oldest line that is kept. */
  readonly since?: Date;
}

export interface ListedUses {
  /** In the order of the file, the oldest first. */
  readonly uses: readonly AuditRecord[];
  /** How many lines were skipped because they are no whole record. */
  readonly damaged: number;
}

/**
 * The recorded uses of identities.
 *
 * @throws ERR_USAGE without `auth.audit`; ERR_CONFIG_UNTRUSTED; ERR_IO as `readRotated`
 */
export async function listUses(
  { config }: Pick<ProjectPlan, 'config'>,
  { identity, since }: UseFilter,
  host: Host,
): Promise<ListedUses> {
  const said = config.auditFile;
  if (said === undefined) throw noAudit();
  const texts = await readRotated(auditFileOf({ config, said, host }), host);
  let damaged = 0;
  const uses = texts.flatMap((text) =>
    text.split('\n').flatMap((line) => {
      if (line === '') return [];
      const use = parseAuditRecord(line);
      if (use === undefined) damaged += 1;
      return use !== undefined && isListed(use) ? [use] : [];
    }),
  );
  return { uses, damaged };

  function isListed(use: AuditRecord): boolean {
    if (identity !== undefined && !isSameName(use.identity, identity)) return false;
    return since === undefined || new Date(use.time) >= since;
  }
}

function noAudit(): AtmosError {
  return new AtmosError('ERR_USAGE', 'uses of identities are not recorded: auth.audit is not set', {
    hints: [say('to record them, set auth: { audit: { file: ~/.local/state/atmos/audit.jsonl } }')],
  });
}
