import { readPlanRecord } from '../auth/plan-record.ts';
import { hostOfHandle } from '../auth/read-handle.ts';
import { isReusable, sessionIn } from '../auth/session.ts';
import { formatProcessAnswer } from '../clouds/registry.ts';
import type { Host } from '../host/host.ts';
import { usesRecords } from '../host/record-file.ts';
import { readPinned } from '../keyring/pinned.ts';
import { isCertainlyOwn } from '../store/key.ts';
import { readItem } from '../store/read-item.ts';

/**
 * The answer of `auth credential-process --handle`, from the stored session of a plan that was recorded
 * (src/app/record-plan.ts). Undefined if no session is stored, or if anything but the session has to be shown:
 * then the whole program answers.
 *
 * @param handle the path of its file
 * @param machine the host as the program was started
 */
export async function answerRecorded(handle: string, machine: Host): Promise<string | undefined> {
  const plan = usesRecords(machine) ? readPlanRecord(handle, machine) : undefined;
  if (plan === undefined) return undefined;
  const { identity, realm, chainFingerprint, rivals: otherOwners } = plan;
  const host = hostOfHandle(handle, machine);
  let isWarned = false;
  const keyring = readPinned(plan.keyring, {
    host,
    isOwnEntry: (key) => isCertainlyOwn(key, realm),
    warn() {
      isWarned = true;
    },
  });
  try {
    const place = { keyring, realm, otherOwners, host };
    const envelope = await readItem(place, identity, 'session');
    const { session } = sessionIn(envelope, { chainFingerprint, chainSettings: {} });
    if (isWarned || session === undefined || !isReusable(session, host.now())) return undefined;
    const { credentials } = session;
    return credentials.type === 'aws' ? await formatProcessAnswer(credentials) : undefined;
  } finally {
    await keyring.close();
  }
}
