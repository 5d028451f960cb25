import { readPlanRecord, usesPlanRecords } from '../auth/plan-record.ts';
import { openHandle } from '../auth/read-handle.ts';
import { isReusable, storedSession } from '../auth/session.ts';
import { cloudOf } from '../clouds/registry.ts';
import type { Host } from '../host/host.ts';
import { openBackend, unpinKeyring } from '../keyring/registry.ts';
import { createCredentialStore } from '../store/credential-store.ts';
import { keyringContext } from './keyring-context.ts';

/**
 * The answer of `auth credential-process --handle`, from the stored session of a plan that was recorded
 * (src/app/record-plan.ts). Undefined if there is none, or if anything but the session has to be shown:
 * then the whole program answers.
 */
export async function answerRecorded(named: string, machine: Host): Promise<string | undefined> {
  if (!usesPlanRecords(machine)) return undefined;
  const { handle, host, ...opened } = openHandle(named, machine);
  const record = readPlanRecord(opened, machine);
  if (record === undefined) return undefined;
  const realm = { value: handle.realm, source: 'handle' };
  const settings = unpinKeyring(handle.keyring, {});
  let isWarned = false;
  const keyring = await openBackend({
    ...keyringContext({ realm, keyring: settings }, host),
    warn() {
      isWarned = true;
    },
  });
  try {
    const { chainFingerprint, rivals: otherOwners } = record;
    const store = createCredentialStore({ keyring, realm: realm.value, otherOwners, host });
    const plan = { name: handle.identity, slot: 'own' } as const;
    const { session } = await storedSession(store, { plan, chainFingerprint, chainSettings: {} });
    if (isWarned || session === undefined || !isReusable(session, host.now())) return undefined;
    const { credentials } = session;
    if (credentials.type !== 'aws') return undefined;
    const { process } = await cloudOf(credentials.type);
    return process.formatAnswer(credentials);
  } finally {
    await keyring.close();
  }
}
