import { describeEnvironment } from '../../app/describe-environment.ts';
import { foreseen, type Foreseen } from '../../app/export-environment.ts';
import type { OpenAuth } from '../../app/open.ts';
import { lookUpIdentity } from '../../app/look-up-identity.ts';
import { warnOfMemory } from '../../app/notices.ts';
import type { Whoami } from '../../app/whoami.ts';
import { isRealmNamed } from '../../config/realm.ts';
import { isAtmosError } from '../../core/errors.ts';
import { formatMoment, formatTimestamp, type LocalClock } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { warn, warner } from '../plan.ts';
import { planIdentity } from '../plan-identity.ts';
import { exitCodeOf } from '../report.ts';
import { describeSource } from '../session-text.ts';
import { formatRows } from '../ui/table.ts';

/**
 * The documented form of `-o json`: always every field, null if unknown. The names `expiration`,
 * `principal`, `environment` and `credentials_ref` are those of Atmos.
 */
interface WhoamiJson {
  /** As written in atmos.yaml. */
  identity: string;
  /** `aws/user` … */
  kind: string;
  /** The identity's provider; `aws-user` for an IAM user, which has none. */
  provider: string;
  realm: string;
  /** The source of the realm: a variable, a position in a file, or a directory. */
  realm_source: string;
  /** The ARN of the session according to AWS; null if AWS was not asked or could not be reached. */
  principal: string | null;
  /** Twelve digits; null if `principal` is. */
  account: string | null;
  /** Null only if no access key is stored and no region is configured. */
  region: string | null;
  /** Of the session, RFC 3339 in UTC; null without a session. */
  expires_at: string | null;
  /** The same time under Atmos's name. */
  expiration: string | null;
  /** Where the session is: `keyring`, or `atmos` for one in Atmos's plain files; null without one. */
  source: string | null;
  /**
   * Where the token of the portal is with which its sessions are opened: `keyring`, or `aws-cli` or
   * `atmos` for one in the plain files of that program; null without a valid token.
   */
  token_source: string | null;
  /** The variables of `auth env`, without secrets. */
  environment: Readonly<Record<string, string>>;
  /**
   * The name under which the keyring finds the credentials: the identity. Null without credentials.
   */
  credentials_ref: string | null;
  /**
   * True: AWS accepts the session. False: the session is missing, has expired or is refused by AWS.
   * Null: a session exists, but AWS could not be asked.
   */
  valid: boolean | null;
  /** Why `valid` is not true, as a text for users. */
  reason: string | null;
  /** When AWS refused the identity's access key, if it did so last time. */
  key_refused_at: string | null;
  keyring: {
    type: string;
    /** The setting that chose the type. */
    source: string;
    location: string;
    /**
     * The type used instead, because the configured one is unavailable and `auth.keyring.fallback`
     * is set.
     */
    fallback: string | null;
  };
}

/**
 * `atmos auth whoami`: shows the stored session, and whether AWS accepts it if AWS can be reached.
 * It fails as not authenticated if there is no valid session, but prints the JSON nevertheless.
 */
export async function whoami(context: Context, invocation: Invocation): Promise<number> {
  const { plan, identity } = await planIdentity(context, invocation);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  await warnOfMemory(plan, 'it has no session of another command', { warn: warner(context) });
  const known = await foreseen(plan.config, identity, context.host);
  const { isAmbient } = known;
  const { now } = context.host;
  const { who, failure } = await lookUpIdentity(opened, identity, { isAmbient, now });
  if (invocation.values['output'] === 'json') {
    const environment = await describeEnvironment(plan, identity, known, context.host);
    const hasCredentials = !isAtmosError(failure, 'ERR_AUTH_KEYS_MISSING');
    await context.outJson({
      ...whoamiJson(who, opened),
      environment,
      credentials_ref: hasCredentials ? identity.name : null,
    } satisfies WhoamiJson);
    return failure === undefined ? 0 : exitCodeOf(failure);
  }
  const isVerbose = invocation.flags['verbose'] ?? false;
  await showWhoami(context, who, opened, { known, isVerbose });
  if (failure !== undefined) throw failure;
  return 0;
}

function whoamiJson(
  who: Whoami,
  { plan, keyring, insteadOf }: OpenAuth,
): Omit<WhoamiJson, 'environment' | 'credentials_ref'> {
  const { type } = plan.keyring;
  const { realm } = plan;
  const { expiresAt, keyRefusedAt } = who;
  const expiration = expiresAt ? formatTimestamp(expiresAt) : null;
  return {
    identity: who.identity,
    kind: who.kind,
    provider: who.provider,
    realm: realm.value,
    realm_source: realm.source,
    principal: who.principal ?? null,
    account: who.account ?? null,
    region: who.region ?? null,
    expires_at: expiration,
    expiration,
    source: expiresAt === undefined ? null : (who.source ?? 'keyring'),
    token_source: who.tokenSource ?? null,
    valid: who.isValid ?? null,
    reason: who.reason ?? null,
    key_refused_at: keyRefusedAt ? formatTimestamp(keyRefusedAt) : null,
    keyring: {
      type: type.value,
      source: type.source,
      location: keyring.info.location,
      fallback: insteadOf === undefined ? null : keyring.info.type,
    },
  };
}

/**
 * Shows the identity in one line, and its details only on request. For an identity without a
 * session, the error that follows is enough.
 */
async function showWhoami(
  context: Context,
  who: Whoami,
  { plan, keyring, insteadOf }: OpenAuth,
  { known, isVerbose }: { readonly known: Foreseen; readonly isVerbose: boolean },
): Promise<void> {
  const { note, host } = context;
  const { isValid, reason, expiresAt, keyRefusedAt } = who;
  const { realm, config } = plan;
  if (known.isAmbient && expiresAt === undefined) {
    const inAccount = who.account === undefined ? '' : `, account ${who.account}`;
    await note(`${who.identity}: uses the credentials of its environment${inAccount}`);
  } else if (expiresAt !== undefined || isValid !== false) {
    // A realm that was derived from the directory is a hash, which is of no use for a user.
    const named = isRealmNamed(config, host) ? realm.value : undefined;
    await note(describeWhoami(who, named, host));
  }
  if (isVerbose) {
    await note(
      ...formatRows([
        ['Realm', `${realm.value} (${abbreviateHome(realm.source, host)})`],
        ['Provider', who.provider],
        ['Identity', who.identity],
        ['Principal', who.principal],
        ['Account', who.account],
        ['Region', who.region],
        ['Expires', expiresAt && formatMoment(expiresAt, host)],
        [
          'Keyring',
          `${plan.keyring.type.value} (${abbreviateHome(plan.keyring.type.source, host)})`,
        ],
        ['Instead', insteadOf && `${keyring.info.type} (auth.keyring.fallback)`],
      ]),
    );
  }
  // Without credentials there is nothing to check.
  const isCheckable = known.cloud !== undefined;
  if (isCheckable && isValid === undefined && reason !== undefined) await warn(context, reason);
  if (keyRefusedAt !== undefined) {
    const at = formatMoment(keyRefusedAt, host);
    await warn(context, `AWS refused the access key of identity ${who.identity} at ${at}`);
  }
}

/** `deploy in account 123456789012, realm infra: valid until 20:15 (in 3h 12m)` */
function describeWhoami(
  { identity, account, isValid, expiresAt, source, tokenSource }: Whoami,
  realm: string | undefined,
  clock: LocalClock,
): string {
  const inAccount = account === undefined ? '' : ` in account ${account}`;
  const inRealm = realm === undefined ? '' : `, realm ${realm}`;
  const subject = `${identity}${inAccount}${inRealm}`;
  if (expiresAt === undefined) {
    const state = isValid === true ? 'valid' : 'not checked';
    return `${subject}: ${state}, without an expiry, requested again for each use`;
  }
  const hasExpired = expiresAt <= clock.now();
  const states = {
    true: 'valid until',
    false: hasExpired ? 'expired at' : 'invalid, would expire at',
    undefined: 'not checked, expires at',
  };
  const state = states[`${isValid}`];
  const used = source ?? tokenSource;
  const by = used === undefined || used === 'keyring' ? '' : `, ${describeSource(used)}`;
  return `${subject}: ${state} ${formatMoment(expiresAt, clock)}${by}`;
}
