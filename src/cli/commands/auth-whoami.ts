import type { Whoami } from '../../auth/whoami.ts';
import { formatTimestamp } from '../../core/time.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, requireIdentity, warn, type ProjectPlan } from '../plan.ts';
import { formatRows } from '../rows.ts';

const exitNotAuthenticated = 4;

/**
 * `atmos auth whoami`: the stored session, confirmed by AWS where it can be reached. Exits 4 when
 * there is no valid session, and says so in the JSON too.
 */
export async function whoami(context: Context, invocation: Invocation): Promise<number> {
  const plan = await loadPlan(context);
  const identity = await requireIdentity(context, plan, invocation);
  const { manager, keyring } = await openForCommand(context, plan, { isInteractive: true });
  const who = await manager.whoami(identity);
  if (invocation.values['output'] === 'json') {
    await context.out(`${JSON.stringify(whoamiJson(who, plan, keyring.info.location), null, 2)}\n`);
  } else {
    await showWhoami(context, who, plan);
  }
  return who.isValid === false ? exitNotAuthenticated : 0;
}

/** The documented form: always every field, null for what is not known. */
function whoamiJson(who: Whoami, { realm, keyring }: ProjectPlan, location: string): object {
  return {
    identity: who.identity,
    kind: who.kind,
    provider: who.provider,
    realm: realm.value,
    realm_source: realm.source,
    principal: who.principal ?? null,
    account: who.account ?? null,
    region: who.region,
    expires_at: who.expiresAt === undefined ? null : formatTimestamp(who.expiresAt),
    valid: who.isValid ?? null,
    reason: who.reason ?? null,
    key_refused_at: who.keyRefusedAt === undefined ? null : formatTimestamp(who.keyRefusedAt),
    keyring: { type: keyring.type.value, source: keyring.type.source, location },
  };
}

async function showWhoami(context: Context, who: Whoami, plan: ProjectPlan): Promise<void> {
  const { note, paint } = context;
  const marks = { true: paint('green', '✓'), false: paint('red', '✗'), undefined: paint('yellow', '?') };
  await note(`${marks[`${who.isValid}`]} Current Authentication Status\n`);
  await note(
    formatRows([
      ['Realm', `${plan.realm.value} (${plan.realm.source})`],
      ['Provider', who.provider],
      ['Identity', who.identity],
      ['Principal', who.principal],
      ['Account', who.account],
      ['Region', who.region],
      ['Expires', who.expiresAt && formatTimestamp(who.expiresAt)],
      ['Keyring', `${plan.keyring.type.value} (${plan.keyring.type.source})`],
    ]),
  );
  if (who.reason !== undefined) await warn(context, who.reason);
  if (who.keyRefusedAt !== undefined) {
    await warn(context, `AWS refused the access key of this identity at ${formatTimestamp(who.keyRefusedAt)}`);
  }
  if (who.isValid === false) {
    await note(`hint: atmos auth login --identity ${who.identity}\n`);
  }
}
