import { examine } from '../../app/doctor.ts';
import { examineOutside, isMade, type Subject } from '../../app/doctor-keyring.ts';
import { keyringContext } from '../../app/keyring-context.ts';
import type { OpenAuth } from '../../app/open.ts';
import { examineSessionFiles } from '../../app/session-files.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { setVariable } from '../../core/hint.ts';
import type { Keyring, KeyringContext } from '../../keyring/contract.ts';
import type { OpenedKeyring } from '../../keyring/fallback.ts';
import { problem, warning, type Finding, type FindingState } from '../../keyring/inspection.ts';
import { keyringTypes, openBackend } from '../../keyring/registry.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny } from '../plan.ts';
import type { Line } from '../printer.ts';
import { formatHints, joinHints, loadWriteHint, type WriteHint } from '../report.ts';
import { paint, type Style } from '../ui/color.ts';

/** The exit code of every error of a keyring. */
const keyringErrorExit = 3;

/** The documented form of `-o json`: always every field. */
interface DoctorJson {
  /** Whether no check of the keyring in use found a `problem`: then the exit code is 0. */
  ok: boolean;
  checks: readonly CheckJson[];
}

interface CheckJson {
  id: string;
  state: FindingState;
  message: string;
  /** Commands that mend it, on lines. Null where there is nothing to mend. */
  hint: string | null;
  /** The type of the keyring that was examined. */
  backend: string;
}

/** A keyring, and what was found. */
interface Examined {
  readonly keyring: Keyring;
  /** Whether it is the one that commands use. */
  readonly isInUse: boolean;
  /** Whether it is there, so that the next write does not create it. */
  readonly isCreated: boolean;
  readonly findings: readonly Finding[];
}

/**
 * `atmos auth keyring doctor`: a real round trip through the keyring in use, its entries, and all
 * around it; then the same for the other keyrings of this machine that open without being asked for
 * anything. Exits with 3 only for a problem of the one in use: a warning is no failure.
 */
export async function keyringDoctor(context: Context, { values }: Invocation): Promise<number> {
  const plan = await loadPlanIfAny(context);
  const examined = [await examineUsed(context, plan), ...(await examineOthers(context, plan))];
  const isWell = examined
    .filter(({ isInUse }) => isInUse)
    .every(({ findings }) => findings.every(({ state }) => state !== 'problem'));
  if (values['output'] === 'json') {
    const writeHint = await loadWriteHint(context.host);
    const checks = examined.flatMap((one) => checksOf(one, writeHint));
    await context.outJson({ ok: isWell, checks } satisfies DoctorJson);
  } else {
    for (const one of examined) await tell(context, one);
    await context.note(summaryOf(examined));
  }
  return isWell ? 0 : keyringErrorExit;
}

async function examineUsed(context: Context, plan: AuthPlan): Promise<Examined> {
  const opened = await openTrusted(context, plan);
  if (opened instanceof AtmosError) return examineUntrusted(context, plan, opened);
  const { keyring, insteadOf } = opened;
  try {
    const subject = { keyring, context: contextOf(context, plan, keyring.info.type) };
    const findings = [
      ...examineFallback(insteadOf),
      ...(await examine(subject, plan, context.host)),
      ...(await examineSessionFiles(plan, context.host)),
    ];
    return { keyring, isInUse: true, isCreated: await isMade(subject), findings };
  } finally {
    await keyring.close();
  }
}

/** Or what keeps it from being opened: a password command that is not trusted. */
async function openTrusted(context: Context, plan: AuthPlan): Promise<OpenAuth | AtmosError> {
  try {
    return await openForCommand(context, plan, { isInteractive: true });
  } catch (error) {
    if (!isAtmosError(error, 'ERR_CONFIG_UNTRUSTED')) throw error;
    return error;
  }
}

async function examineUntrusted(
  context: Context,
  plan: AuthPlan,
  { message, hintValues }: AtmosError,
): Promise<Examined> {
  const backend = contextOf(context, plan, plan.keyring.type.value);
  const keyring = await openBackend(backend);
  const subject = { keyring, context: backend };
  const findings = [problem('state', message, ...hintValues), ...(await examineOutside(subject))];
  return { keyring, isInUse: true, isCreated: await isMade(subject), findings };
}

function examineFallback(insteadOf: OpenedKeyring['insteadOf']): Finding[] {
  if (insteadOf === undefined) return [];
  const { type, reason } = insteadOf;
  return [
    warning(
      'fallback',
      `the ${type} keyring, which is configured, is unavailable: ${reason}`,
      setVariable('ATMOS_KEYRING_TYPE', type, 'to examine that one'),
    ),
  ];
}

/** Those that nobody chose, as far as they are there and open. */
async function examineOthers(context: Context, plan: AuthPlan): Promise<Examined[]> {
  const { type: chosen, fallback } = plan.keyring;
  const chosenTypes = [chosen.value, ...(fallback?.value ?? [])];
  const examined: Examined[] = [];
  for (const type of keyringTypes.filter((other) => !chosenTypes.includes(other))) {
    const backend = contextOf(context, plan, type);
    const keyring = await openBackend(backend);
    const subject = { keyring, context: backend };
    if (keyring.info.persistent && (await isOpen(subject))) {
      const findings = await examine(subject, plan, context.host);
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
    // One that nobody chose and that cannot be looked at is passed over.
    if (isAtmosError(error)) return false;
    throw error;
  }
}

/** One that asks nobody. */
function contextOf({ host }: Context, plan: AuthPlan, type: string): KeyringContext {
  const { source } = plan.keyring.type;
  const keyring = { ...plan.keyring, type: { value: type, source } };
  return keyringContext({ ...plan, keyring }, host);
}

function checksOf({ keyring, findings }: Examined, writeHint: WriteHint): CheckJson[] {
  return findings.map(({ id, state, message, hints }) => ({
    id,
    state,
    message,
    hint: joinHints(hints, writeHint),
    backend: keyring.info.type,
  }));
}

/** Of the keyring in use. */
function summaryOf(examined: readonly Examined[]): string {
  const states = examined
    .filter(({ isInUse }) => isInUse)
    .flatMap(({ findings }) => findings.map(({ state }) => state));
  const counted = (state: FindingState) => {
    const count = states.filter((one) => one === state).length;
    return count === 0 ? undefined : `${count} ${state}${count === 1 ? '' : 's'}`;
  };
  const [problems = 'No problems', warnings] = [counted('problem'), counted('warning')];
  const found = `${problems} found${warnings === undefined ? '' : `, ${warnings}`}.`;
  return `${found}${whatIsThereInstead(examined)}`;
}

/** Where the keyring in use is not created yet, which others there are: nothing of it could be tried. */
function whatIsThereInstead(examined: readonly Examined[]): string {
  if (examined.every(({ isInUse, isCreated }) => !isInUse || isCreated)) return '';
  const others = examined
    .filter(({ isInUse }) => !isInUse)
    .map(({ keyring: { info } }) => `the ${info.type} keyring (${info.location})`);
  const instead = others.length === 0 ? '' : ` Not in use, but there: ${others.join(', ')}.`;
  return ` Nothing is stored yet: the first key or session creates the keyring.${instead}`;
}

const colors: Readonly<Record<FindingState, Style>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
};

async function tell(
  { note, host }: Context,
  { keyring, isInUse, findings }: Examined,
): Promise<void> {
  const { type, location } = keyring.info;
  const use = isInUse ? '' : ', which is not in use';
  const writeHint = await loadWriteHint(host);
  const lines = findings.flatMap(({ state, id, message, hints }): Line[] => [
    ['  ', paint(colors[state], state), `: ${id}: ${message}`],
    ...formatHints(hints, writeHint).map((line) => ['    ', ...line]),
  ]);
  await note([paint('bold', `The ${type} keyring (${location})${use}`)], ...lines);
}
