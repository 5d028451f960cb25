import { planTrusted } from '../auth/context.ts';
import { planFromHandle } from '../auth/plan-from-handle.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { writePlanRecord, type RecordedPlan } from '../auth/plan-record.ts';
import { openHandle } from '../auth/read-handle.ts';
import { keyringNeeds } from '../auth/trust-needs.ts';
import { findIdentity } from '../config/find-identity.ts';
import { isOfProject } from '../config/trust.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import { changedHost, type Host } from '../host/host.ts';
import { statOf } from '../host/read-files.ts';
import { recordReads, refuseRecord } from '../host/read-recorder.ts';
import { usesRecords } from '../host/record-file.ts';
import { isReadPinned } from '../keyring/pinned.ts';
import { itemKeys } from '../store/key.ts';
import { keepsSessionsApart } from '../store/sessions-keyring.ts';
import { otherOwners } from './keyring-context.ts';

/** Variables with which a command does more than to answer, or looks elsewhere. */
const refusing = /^ATMOS_(AUTH_TRUST|CHDIR|LOGS_.*)$/;

/**
 * Plans from a handle once more, and records the plan beside the handle if everything that decided it is
 * known. Call it after the answer, which has shown that planning works. Never throws: the answer is
 * valid, whatever happens to the configuration meanwhile.
 *
 * @param named the path of the handle, or its id
 * @param used the plan with which the command has answered
 * @param machine the host as the program was started
 */
export async function recordPlan(named: string, used: ProjectPlan, machine: Host): Promise<void> {
  const { env } = machine;
  const isRefused = Object.keys(env).some((name) => refusing.test(name) && env[name]);
  if (!usesRecords(machine) || isRefused) return;
  try {
    if (!mayBeRecorded(used, machine)) return;
    const { result, reads } = await recordReads(() => planAgain(named, machine), machine.now());
    if (result === undefined || 'refusal' in reads) return;
    writePlanRecord(result.file, result.plan, reads.seen, machine);
  } catch {
    // The next process plans again, and reports what is wrong.
  }
}

/** Whether the answer depends on nothing but the plan and the session. */
function mayBeRecorded({ config, keyring }: ProjectPlan, host: Host): boolean {
  // Each use is recorded by the whole program.
  if (config.auditFile !== undefined) return false;
  if (config.hasTags || config.warnings.length > 0 || config.sessionFiles.value) return false;
  if (keyring.fallback !== undefined || !isReadPinned(keyring.type.value)) return false;
  return !keepsSessionsApart({ keyring, host });
}

/** Undefined if the answer may depend on more than the plan. */
async function planAgain(
  named: string,
  machine: Host,
): Promise<{ file: string; plan: RecordedPlan } | undefined> {
  const opened = openHandle(named, machine);
  const { file, handle } = opened;
  // The author of a project must not say what has decided.
  if (opened.cameWithProject) return undefined;
  for (const path of [file, machine.scriptPath]) statOf(path);
  const { plan, host } = await planFromHandle(opened, opened.host);
  const { config } = plan;
  if (!mayBeRecorded(plan, host)) return undefined;
  const requireTrust = (need: TrustNeed) => {
    if (isOfProject(config, need)) refuseRecord(`trust is needed: ${need.what}`);
  };
  // Without the environment: a variable that is set may make a need disappear.
  for (const need of keyringNeeds(plan, changedHost(host, { env: {} }))) requireTrust(need);
  const identity = findIdentity(config, handle.identity);
  const { target } = await planTrusted({ configured: config, host, requireTrust }, identity);
  const { gives, slot, accepts, name } = target.plan;
  if (gives !== 'aws' || slot !== 'own' || accepts !== undefined) return undefined;
  const { realm } = handle;
  const keys = new Set(itemKeys({ realm, alias: name }, 'session'));
  const rivals = otherOwners(plan, host).filter((owner) =>
    itemKeys(owner, 'session').some((key) => keys.has(key)),
  );
  const { chainFingerprint } = target;
  return {
    file,
    plan: { identity: name, realm, keyring: handle.keyring, chainFingerprint, rivals },
  };
}
