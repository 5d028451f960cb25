import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { setVariable } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type { Keyring, KeyringContext } from '../keyring/contract.ts';
import type { OpenedKeyring } from '../keyring/fallback.ts';
import { problem, warning, type Finding } from '../keyring/inspection.ts';
import { allBackends, openBackend, usableTypes } from '../keyring/registry.ts';
import { examineOutside, isMade, type Subject } from './doctor-keyring.ts';
import { examine } from './doctor.ts';
import { findContactRefusal, keyringContext } from './keyring-context.ts';
import type { OpenAuth } from './open.ts';
import { examineSessionFiles } from './session-files.ts';

/** A keyring and its findings. */
export interface Examined {
  readonly keyring: Keyring;
  /** Whether it is the one that commands use. */
  readonly isInUse: boolean;
  /** Whether it is there, so that the next write does not create it. */
  readonly isCreated: boolean;
  readonly findings: readonly Finding[];
}

export interface DoctorServices {
  readonly host: Host;
  /** See {@link openUsed}. */
  readonly used: OpenAuth | AtmosError;
}

/**
 * Tests the keyring in use by a round trip, its entries and what it depends on; then the other keyrings
 * of this machine that open without a prompt.
 *
 * @returns `isWell`: whether no problem of the keyring in use was found. Warnings do not count
 */
export async function examineKeyrings(
  plan: AuthPlan,
  services: DoctorServices,
): Promise<{ examined: readonly Examined[]; isWell: boolean }> {
  const used = await examineUsed(plan, services);
  const others = await examineOthers(plan, services);
  const isWell = used.findings.every(({ state }) => state !== 'problem');
  return { examined: [used, ...others], isWell };
}

async function examineUsed(plan: AuthPlan, services: DoctorServices): Promise<Examined> {
  const { host, used } = services;
  if (used instanceof AtmosError) return examineUntrusted(plan, services, used);
  const { keyring, insteadOf } = used;
  const subject = { keyring, context: contextOf(plan, host, keyring.info.type) };
  const findings = [
    ...examineFallback(insteadOf),
    ...(await examine(subject, plan, host)),
    ...(await examineSessionFiles(plan, host)),
  ];
  return { keyring, isInUse: true, isCreated: await isMade(subject), findings };
}

/**
 * Opens the keyring in use; a person may be asked for its password.
 *
 * @returns the error if the keyring must not be opened: a password command that is not trusted
 */
export async function openUsed(open: () => Promise<OpenAuth>): Promise<OpenAuth | AtmosError> {
  try {
    return await open();
  } catch (error) {
    if (!isAtmosError(error, 'ERR_CONFIG_UNTRUSTED')) throw error;
    return error;
  }
}

async function examineUntrusted(
  plan: AuthPlan,
  { host }: DoctorServices,
  { message, hintValues }: AtmosError,
): Promise<Examined> {
  const backend = contextOf(plan, host, plan.keyring.type.value);
  const keyring = await openBackend(backend);
  const subject = { keyring, context: backend };
  const isContacted = findContactRefusal(plan, host) === undefined;
  const findings = [
    problem('state', message, ...hintValues),
    ...(isContacted ? await examineOutside(subject) : []),
  ];
  return { keyring, isInUse: true, isCreated: await isMade(subject), findings };
}

function examineFallback(insteadOf: OpenedKeyring['insteadOf']): Finding[] {
  if (insteadOf === undefined) return [];
  const { type, reason } = insteadOf;
  return [
    warning(
      'fallback',
      `the configured ${type} keyring is unavailable: ${reason}`,
      setVariable('ATMOS_KEYRING_TYPE', type, 'to test that keyring'),
    ),
  ];
}

/** The keyrings of this machine that are not configured but exist and open without a prompt. */
async function examineOthers(plan: AuthPlan, { host }: DoctorServices): Promise<Examined[]> {
  const chosenTypes = usableTypes(plan.keyring);
  const examined: Examined[] = [];
  const others = allBackends().filter((one) => !one.isRemote && !chosenTypes.includes(one.type));
  for (const { type } of others) {
    const backend = contextOf(plan, host, type);
    const keyring = await openBackend(backend);
    const subject = { keyring, context: backend };
    if (keyring.info.persistent && (await isOpen(subject))) {
      const findings = await examine(subject, plan, host);
      examined.push({ keyring, isInUse: false, isCreated: true, findings });
    }
    await keyring.close();
  }
  return examined;
}

async function isOpen(subject: Subject): Promise<boolean> {
  try {
    return (await subject.keyring.probe()).state === 'ready' && (await isMade(subject));
  } catch (error) {
    // A keyring that is not configured and cannot be inspected is skipped.
    if (isAtmosError(error)) return false;
    throw error;
  }
}

/** A context that never prompts. */
function contextOf(plan: AuthPlan, host: Host, type: string): KeyringContext {
  const { source } = plan.keyring.type;
  const keyring = { ...plan.keyring, type: { value: type, source } };
  return keyringContext({ ...plan, keyring }, host);
}
