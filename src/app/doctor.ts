import { examineClock } from '../auth/doctor/clock.ts';
import { examineOrphans } from '../auth/doctor/orphans.ts';
import type { AuthPlan } from '../auth/plan.ts';
import type { Host } from '../host/host.ts';
import type { Finding } from '../keyring/inspection.ts';
import { examineContents, readEntry, rewritingOf, type ReadEntry } from '../store/inventory.ts';
import { examineKeyring, type Patient } from './doctor-keyring.ts';

/**
 * Examines a keyring, and what is kept in it: whose, and of what use.
 *
 * @throws as examineKeyring
 */
export async function examine(
  patient: Patient,
  { config, realm }: AuthPlan,
  host: Pick<Host, 'now' | 'platform'>,
): Promise<Finding[]> {
  const entries: ReadEntry[] = [];
  const findings = await examineKeyring(patient, (key, value) => {
    const entry = readEntry(key, value, realm.value);
    if (entry !== undefined) entries.push(entry);
  });
  return [
    ...findings.map((finding) => withRewriting(finding, realm.value)),
    ...(entries.length === 0 ? [] : examineContents(entries)),
    ...(config === undefined || entries.length === 0
      ? []
      : examineOrphans(entries, realm.value, config)),
    examineClock(entries, host.now(), host.platform),
  ];
}

/** Of duplicates the keyring does not know what writes them again. */
function withRewriting(finding: Finding, realm: string): Finding {
  if (finding.id !== 'duplicates' || finding.key === undefined) return finding;
  const command = rewritingOf(finding.key, realm);
  return command === undefined ? finding : { ...finding, hints: [...finding.hints, command] };
}
