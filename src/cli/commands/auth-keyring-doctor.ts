import { examineKeyrings, openUsed, type Examined } from '../../app/doctor-keyrings.ts';
import {
  examineNetwork,
  type ExaminedNetwork,
  type ExaminedRoute,
} from '../../app/doctor-network.ts';
import { examineSignIn, type ExaminedSignIn } from '../../app/doctor-sign-in.ts';
import type { OpenAuth } from '../../app/open.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { countOf } from '../../core/count.ts';
import { AtmosError } from '../../core/errors.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Keyring } from '../../keyring/contract.ts';
import type { Finding, FindingState } from '../../keyring/inspection.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny } from '../plan.ts';
import type { Line } from '../printer.ts';
import { formatHints, joinHints, loadWriteHint, type WriteHint } from '../report.ts';
import { formatSession, sessionJson, type SessionJson } from '../session-text.ts';
import { paint, type Style } from '../ui/color.ts';

/** The exit code of every error of a keyring. */
const keyringErrorExit = 3;

/** The documented form of `-o json`: always every field. */
interface DoctorJson {
  /** Whether no check of the keyring in use found a `problem`: then the exit code is 0. */
  ok: boolean;
  checks: readonly CheckJson[];
  /** How requests reach AWS: one for each endpoint that the configuration uses. */
  network: readonly RouteJson[];
  /** Null if no provider has a page to sign in on, and no sign-in of a user is kept. */
  sign_in: SignInJson | null;
}

interface SignInJson {
  portals: readonly { provider: string; url: string; session: SessionJson }[];
  /** The users with a sign-in that is kept. */
  identities: readonly {
    identity: string;
    /** The ARN of who signed in. */
    principal: string;
    state: FindingState;
    message: string;
    hint: string | null;
  }[];
  /** Why no browser is opened on this machine; null if one is. */
  no_browser: string | null;
}

interface RouteJson {
  endpoint: string;
  /** The identities and providers that use it. */
  identities: readonly string[];
  /** Without user and password. */
  proxy: { url: string; variable: string } | null;
  /** The file of `AWS_CA_BUNDLE`. */
  ca_bundle: string | null;
  /** Of the certificate. Null without `--online`, without TLS or without a connection. */
  issuer: string | null;
  state: FindingState;
  message: string;
  hint: string | null;
}

interface CheckJson {
  id: string;
  state: FindingState;
  message: string;
  /** Commands that fix it, on lines. Null if there is nothing to fix. */
  hint: string | null;
  /** The type of the keyring that was examined. */
  backend: string;
}

/**
 * `atmos auth keyring doctor`: tests the keyring in use with a real entry, and checks its entries
 * and everything that affects it. It also checks the other keyrings of this machine that open
 * without a prompt. It exits with 3 only for a problem of the keyring in use: a warning is not a
 * failure.
 */
export async function keyringDoctor(context: Context, invocation: Invocation): Promise<number> {
  const plan = await loadPlanIfAny(context);
  const used = await openUsed(() => openForCommand(context, plan, { isInteractive: true }));
  const keyring = used instanceof AtmosError ? undefined : used.keyring;
  try {
    return await examineAll(context, invocation, { plan, used, keyring });
  } finally {
    await keyring?.close();
  }
}

interface Opened {
  readonly plan: AuthPlan;
  readonly used: OpenAuth | AtmosError;
  readonly keyring: Keyring | undefined;
}

async function examineAll(
  context: Context,
  { values, flags }: Invocation,
  { plan, used, keyring }: Opened,
): Promise<number> {
  const { examined, isWell } = await examineKeyrings(plan, { host: context.host, used });
  const isOnline = flags['online'] === true;
  const { config } = plan;
  const signIn = config
    ? await examineSignIn({ ...plan, config }, context.host, keyring)
    : undefined;
  const signedIn = (signIn?.people ?? []).map(({ identity }) => identity);
  const { routes, leftOut } = config
    ? await examineNetwork(config, context.host, { isOnline, signedIn })
    : { routes: [], leftOut: [] };
  if (values['output'] === 'json') {
    const writeHint = await loadWriteHint(context);
    const checks = examined.flatMap((one) => checksOf(one, writeHint));
    const network = routes.map((route) => routeJson(route, writeHint));
    const sign_in = signIn === undefined ? null : signInJson(signIn, writeHint);
    await context.outJson({ ok: isWell, checks, network, sign_in } satisfies DoctorJson);
  } else {
    for (const one of examined) await tell(context, one);
    await tellNetwork(context, { routes, leftOut });
    await tellSignIn(context, signIn);
    await context.note(abbreviateHome(summaryOf(examined), context.host));
  }
  return isWell ? 0 : keyringErrorExit;
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

function routeJson(
  { endpoint, names, proxy, certificates, issuer, finding }: ExaminedRoute,
  writeHint: WriteHint,
): RouteJson {
  const { state, message, hints } = finding;
  return {
    endpoint,
    identities: names,
    proxy: proxy ?? null,
    ca_bundle: certificates?.value ?? null,
    issuer: issuer ?? null,
    state,
    message,
    hint: joinHints(hints, writeHint),
  };
}

function signInJson(
  { portals, people, whyNoBrowser }: ExaminedSignIn,
  writeHint: WriteHint,
): SignInJson {
  return {
    portals: portals.map(({ provider, issuer, session }) => ({
      provider,
      url: issuer,
      session: sessionJson(session),
    })),
    identities: people.map(({ identity, principal, finding: { state, message, hints } }) => ({
      identity,
      principal,
      state,
      message,
      hint: joinHints(hints, writeHint),
    })),
    no_browser: whyNoBrowser ?? null,
  };
}

/** The findings of the keyring in use. */
function summaryOf(examined: readonly Examined[]): string {
  const states = examined
    .filter(({ isInUse }) => isInUse)
    .flatMap(({ findings }) => findings.map(({ state }) => state));
  const counted = (state: FindingState) => {
    const count = states.filter((one) => one === state).length;
    return count === 0 ? undefined : countOf(count, state);
  };
  const [problems = 'No problems', warnings] = [counted('problem'), counted('warning')];
  const found = `${problems} found${warnings === undefined ? '' : `, ${warnings}`}.`;
  return `${found}${whatIsThereInstead(examined)}`;
}

/**
 * If the keyring in use does not exist yet, names the other keyrings that were found, because
 * nothing of the former could be tested.
 */
function whatIsThereInstead(examined: readonly Examined[]): string {
  if (examined.every(({ isInUse, isCreated }) => !isInUse || isCreated)) return '';
  const others = examined
    .filter(({ isInUse }) => !isInUse)
    .map(({ keyring: { info } }) => `the ${info.type} keyring (${info.location})`);
  const instead = others.length === 0 ? '' : ` Not in use, but found: ${others.join(', ')}.`;
  return ` Nothing is stored yet: the first key or session creates the keyring.${instead}`;
}

const colors: Readonly<Record<FindingState, Style>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
};

async function tell(context: Context, { keyring, isInUse, findings }: Examined): Promise<void> {
  const { note, host } = context;
  const { type, location } = keyring.info;
  const use = isInUse ? '' : ', which is not in use';
  const named = `The ${type} keyring (${abbreviateHome(location, host)})${use}`;
  await note([paint('bold', named)], ...(await linesOf(findings, context)));
}

async function tellNetwork(context: Context, { routes, leftOut }: ExaminedNetwork): Promise<void> {
  const { note } = context;
  if (routes.length === 0 && leftOut.length === 0) return;
  const findings = routes.map(({ finding }) => finding);
  await note([paint('bold', 'Requests to AWS')], ...(await linesOf(findings, context)));
  if (leftOut.length === 0) return;
  const names = leftOut.join(', ');
  await note(`  not examined, because not trusted or broken (see atmos auth validate): ${names}`);
}

async function tellSignIn(context: Context, signIn: ExaminedSignIn | undefined): Promise<void> {
  if (signIn === undefined) return;
  const { note, host } = context;
  const { portals, people, whyNoBrowser } = signIn;
  const browser =
    whyNoBrowser === undefined
      ? 'a browser is opened on this machine'
      : `no browser is opened on this machine: ${whyNoBrowser}`;
  await note([paint('bold', 'Sign-in')], `  ${browser}`);
  for (const { provider, issuer, session } of portals) {
    await note(`  ${provider} (${issuer}): ${formatSession(session, host)}`);
  }
  await note(
    ...(await linesOf(
      people.map(({ finding }) => finding),
      context,
    )),
  );
}

async function linesOf(
  findings: readonly Finding[],
  { host, globals }: Pick<Context, 'host' | 'globals'>,
): Promise<Line[]> {
  const writeHint = await loadWriteHint({ host, globals });
  return findings.flatMap(({ state, id, message, shown = message, hints }): Line[] => [
    ['  ', paint(colors[state], state), `: ${id}: ${abbreviateHome(shown, host)}`],
    ...formatHints(hints, writeHint).map((line) => ['    ', ...line]),
  ]);
}
