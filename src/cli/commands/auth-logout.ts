import { resolveIdentityName, sourceHints } from '../../app/choose-identity.ts';
import { requestedIdentity } from '../../app/identity-request.ts';
import {
  findLogoutName,
  logoutIdentities,
  logoutRealms,
  type LoggedOut,
  type LogoutScope,
  type LogoutServices,
} from '../../app/logout-identities.ts';
import type { RemovedEntry } from '../../app/logout.ts';
import { providerNamed } from '../../app/provider-named.ts';
import type { EndedSession } from '../../app/sign-out.ts';
import type { FilesResult, LeftFile, RemovedFile } from '../../app/session-files.ts';
import { AtmosError } from '../../core/errors.ts';
import { addOptions, optionWords, placeholder, run } from '../../core/hint.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Keyring } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { identityPicker, loadPlanFor, loadPlanIfAny, warn, type ProjectPlan } from '../plan.ts';

/** The documented form of `-o json`: always every field. */
interface LogoutJson {
  /** With `--dry-run`: what would be removed. */
  removed: readonly RemovedJson[];
  /** With `--all-realms`: entries that may be our own, but are not marked as such. */
  left: readonly { key: string; reason: string }[];
  /**
   * Sessions and tokens that Atmos has written to plain files. Realm and identity are null if
   * unknown.
   */
  removed_files: readonly RemovedFile[];
  /** Plain files that other programs also use. */
  left_files: readonly LeftFile[];
  /** The sessions that were signed out at their services, by their providers. */
  ended: readonly EndedSession[];
  dry_run: boolean;
}

interface RemovedJson extends RemovedEntry {
  /** The provider of a token that all realms share, else null. */
  provider: string | null;
}

/**
 * `atmos auth logout`: removes cached sessions and tokens, also those that Atmos keeps in plain
 * files. Access keys are kept unless `--keychain` is given, which the user confirms. The removed
 * entries are listed by name.
 *
 * Without a name it uses `ATMOS_IDENTITY` or the default identity, like every other command. Atmos
 * always prompts for a choice; here a bare `-i` does that.
 */
export async function logout(context: Context, invocation: Invocation): Promise<void> {
  if (invocation.flags['all-realms']) return logoutOfRealms(context, invocation);
  checkLocal(invocation);
  const plan = await loadPlanFor(context, invocation);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const scope = await chooseScope(context, plan, opened.keyring, invocation);
  const services = servicesFor(context, invocation);
  const done = await logoutIdentities(plan, opened, scope, optionsOf(invocation), services);
  return report(context, invocation, `in realm ${plan.realm.value}`, done);
}

/** @throws ERR_USAGE for `--local` where nothing would be ended at a provider */
function checkLocal({ flags, values }: Invocation): void {
  if (!flags['local'] || flags['all'] || values['provider'] !== undefined) return;
  throw new AtmosError('ERR_USAGE', '--local requires --provider or --all', {
    hints: [
      run(['atmos', 'auth', 'logout', '--local', '--provider', placeholder('name')]),
      run(['atmos', 'auth', 'logout', '--local', '--all']),
    ],
  });
}

/** The entries are selected by their content, so they are decrypted, also with `--dry-run`. */
async function logoutOfRealms(context: Context, invocation: Invocation): Promise<void> {
  const { flags, values } = invocation;
  checkLocal(invocation);
  if (flags['all'] || values['provider'] !== undefined || namesIdentity(invocation)) {
    throw new AtmosError(
      'ERR_USAGE',
      '--all-realms cannot be combined with --all or the name of an identity or provider',
      {
        hints: [
          run(['atmos', 'auth', 'logout', '--all-realms']),
          run(['atmos', 'auth', 'logout', '--all']),
        ],
      },
    );
  }
  const plan = await loadPlanIfAny(context);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const services = servicesFor(context, invocation);
  const done = await logoutRealms(plan, opened, optionsOf(invocation), services);
  return report(context, invocation, 'in any realm', done);
}

function optionsOf({ flags }: Invocation) {
  return {
    includeKeys: flags['keychain'] ?? false,
    isDryRun: flags['dry-run'] ?? false,
    isLocal: flags['local'] ?? false,
  };
}

function namesIdentity({ operand, identity }: Invocation): boolean {
  return operand !== undefined || identity.kind !== 'absent';
}

async function chooseScope(
  context: Context,
  plan: ProjectPlan,
  keyring: Keyring,
  invocation: Invocation,
): Promise<LogoutScope> {
  const { host } = context;
  const { config } = plan;
  const provider = invocation.values['provider'];
  if (provider !== undefined) {
    if (!invocation.flags['all'] && !namesIdentity(invocation)) {
      return { provider: providerNamed(config, provider) };
    }
    throw new AtmosError(
      'ERR_USAGE',
      '--provider cannot be combined with --all or the name of an identity',
      { hints: [run(['atmos', 'auth', 'logout', ...optionWords('--provider', provider)])] },
    );
  }
  if (invocation.flags['all']) {
    if (!namesIdentity(invocation)) return 'all';
    throw new AtmosError('ERR_USAGE', '--all cannot be combined with the name of an identity', {
      hints: [
        run(['atmos', 'auth', 'logout', '--all']),
        run(['atmos', 'auth', 'logout', placeholder('name')]),
      ],
    });
  }
  const request = requestedIdentity(invocation, host, config);
  if (request.kind === 'none') {
    throw new AtmosError(
      'ERR_USAGE',
      `authentication is switched off by ${request.word.source}: there is nothing to log out from`,
      {
        hints: [
          run(['atmos', 'auth', 'logout', placeholder('name')]),
          run(['atmos', 'auth', 'logout', '--all']),
        ],
      },
    );
  }
  const chosen = await resolveIdentityName(request, config, identityPicker(context, plan));
  const hints = sourceHints(chosen.source, host);
  return [await findLogoutName(plan, keyring, chosen, { host, hints })];
}

function servicesFor({ host, prompt }: Context, { flags }: Invocation): LogoutServices {
  return {
    host,
    confirm: async (keys) =>
      flags['force'] ||
      prompt.confirm({
        message: `Delete the stored access ${keys.length === 1 ? 'key' : 'keys'} of ${namesOf(keys)}?`,
        default: false,
        instead: addOptions(['--force'], 'to delete without a prompt'),
      }),
  };
}

/** The realm is shown if there are several. */
function namesOf(keys: readonly RemovedEntry[]): string {
  const isOne = new Set(keys.map(({ realm }) => realm)).size === 1;
  return keys
    .map(({ identity, realm }) => (isOne ? identity : `${identity} (realm ${realm})`))
    .join(', ');
}

const noFiles: FilesResult = { removed: [], left: [], failures: [] };

/** Prints what was removed, then fails with what could not be removed. */
async function report(
  context: Context,
  invocation: Invocation,
  where: string,
  done: LoggedOut | undefined,
): Promise<void> {
  if (done === undefined) {
    await context.note('logout canceled: nothing was removed');
    if (invocation.values['output'] === 'json')
      await tell(context, invocation, where, { removed: [], left: [], files: noFiles, ended: [] });
    return;
  }
  const { removed, files, failure } = done;
  const isNothing = removed.length === 0 && files.removed.length === 0;
  if (!isNothing || failure === undefined || invocation.flags['all-realms'])
    await tell(context, invocation, where, done);
  if (failure !== undefined) throw failure;
}

/** Prints JSON, or a line for each entry. */
async function tell(
  context: Context,
  { flags, values }: Invocation,
  where: string,
  { removed, left, files, ended }: Omit<LoggedOut, 'failure'>,
): Promise<void> {
  const { outJson, note, host } = context;
  const isDryRun = flags['dry-run'] ?? false;
  if (values['output'] === 'json') {
    const kept = left.map(({ key, reason }) => ({ key, reason }));
    const json = {
      removed: removed.map((item) => ({
        ...item,
        provider: item.realm === null ? item.identity : null,
      })),
      left: kept,
      removed_files: files.removed,
      left_files: files.left,
      ended,
      dry_run: isDryRun,
    } satisfies LogoutJson;
    await outJson(json);
    return;
  }
  for (const { issuer } of ended) await note(`ended the session at ${issuer}`);
  if (removed.length === 0 && files.removed.length === 0) await note(`nothing to remove ${where}`);
  const verb = isDryRun ? 'would remove' : 'removed';
  for (const { key, identity, item } of removed) {
    await note(`${verb} the ${item} of ${identity}: ${key}`);
  }
  for (const { path, identity, item } of files.removed) {
    await note(
      `${verb} the ${item} of ${identity ?? 'an unknown identity'}: ${abbreviateHome(path, host)}`,
    );
  }
  for (const { path, reason } of files.left)
    await warn(context, `${path} was not removed: it ${reason}`);
  for (const { key, reason, error } of left) {
    if (error === undefined) await warn(context, `${key} was not removed: ${reason}`);
  }
}
