import { resolve } from 'node:path';
import {
  giveTrust,
  listTrust,
  revokeTrust,
  type ShownNeed,
  type TrustedProject,
  type TrustedRecord,
} from '../../app/trust.ts';
import { loadConfig } from '../../auth/load-config.ts';
import type { Config } from '../../config/load.ts';
import { formatPath } from '../../config/yaml-position.ts';
import { withAsciiHosts } from '../../core/ascii-hosts.ts';
import { AtmosError } from '../../core/errors.ts';
import { addOptions, run, say } from '../../core/hint.ts';
import { formatMoment } from '../../core/time.ts';
import { abbreviateHome, requirePath } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadOptions } from '../global-options.ts';
import { withPickedProfiles } from '../profile-choice.ts';
import { paint } from '../ui/color.ts';
import { formatRows, formatTable } from '../ui/table.ts';

/** The documented form of `-o json`: always every field. */
interface TrustJson {
  directory: string;
  profiles: readonly string[];
  files: readonly { path: string; sha256: string }[];
  /** Empty: nothing needs trust, and nothing is recorded. */
  needs: readonly { path: string; what: string; source: string }[];
  /** Whether they are trusted now. */
  trusted: boolean;
  /** False if they were trusted before. */
  recorded: boolean;
}

/** The documented form of an item of `--list -o json` and of `--revoke -o json`. */
interface RecordJson {
  directory: string;
  profiles: readonly string[];
  /** RFC 3339 in UTC. */
  trusted_at: string;
  /** Whether the files are unchanged since they were trusted. */
  state: 'current' | 'changed' | 'gone';
  files: readonly string[];
}

/**
 * `atmos auth trust`: shows what the project's files make us do, and records that it is allowed
 * until one of them changes. It runs nothing of it.
 */
export async function trust(context: Context, invocation: Invocation): Promise<void> {
  checkOptions(invocation);
  const { flags } = invocation;
  if (flags['list']) return list(context, invocation);
  if (flags['revoke']) return revoke(context, invocation);
  return give(context, invocation);
}

function checkOptions({ flags, operand }: Invocation): void {
  const given = ['yes', 'list', 'revoke'].filter((name) => flags[name]);
  if (given.length > 1) {
    const names = given.map((name) => `--${name}`).join(' and ');
    throw new AtmosError('ERR_USAGE', `${names} cannot be combined`, {
      hints: [say('use only one of them')],
    });
  }
  if (operand === undefined || flags['revoke']) return;
  throw new AtmosError(
    'ERR_USAGE',
    `only --revoke accepts a directory; to trust ${JSON.stringify(operand)}, run the command in it`,
    { hints: [run(['atmos', 'auth', 'trust', '-C', operand])] },
  );
}

async function give(context: Context, { flags, values }: Invocation): Promise<void> {
  const { host, note, outJson, prompt } = context;
  const config = await load(context);
  const project = await giveTrust(config, host, {
    show: (needs) => show(context, config, needs),
    confirm: async () =>
      flags['yes'] ??
      prompt.confirm({
        message: 'Trust these files to do this?',
        default: false,
        instead: addOptions(['--yes'], 'to trust them without a prompt'),
      }),
  });
  if (values['output'] === 'json') await outJson(trustJson(project));
  else await note(outcome(project));
}

/**
 * The warnings of loading are not shown, because values from commands are missing here on purpose.
 */
async function load(context: Context): Promise<Config> {
  const globals = await withPickedProfiles(context);
  return loadConfig({ ...loadOptions(globals), isStatic: true }, context.host);
}

function outcome({ needs, wasTrusted, isTrusted }: TrustedProject): string {
  if (needs.length === 0) return 'nothing in the configuration needs trust';
  if (wasTrusted) return 'already trusted';
  return isTrusted
    ? 'trusted, until one of these files changes'
    : 'not trusted: nothing was recorded';
}

async function show(
  { note, host }: Context,
  { directory, profiles, projectFiles }: Config,
  needs: readonly ShownNeed[],
): Promise<void> {
  const rows = formatRows([
    ['Directory', directory],
    ['Profiles', profiles.join(', ')],
    ...projectFiles.map(({ path }, at) => [at === 0 ? 'Files' : '', path] as const),
  ]);
  await note([paint('bold', 'The configuration')], ...rows.map((row) => abbreviateHome(row, host)));
  if (needs.length === 0) return;
  await note([paint('bold', 'needs trust for the following:')]);
  for (const { what, source } of needs) {
    await note(
      ['  ', paint('yellow', withAsciiHosts(what))],
      `    ${abbreviateHome(source, host)}`,
    );
  }
}

async function list(
  { host, outJson, print, note }: Context,
  { values }: Invocation,
): Promise<void> {
  const records = listTrust(host).map(recordJson);
  if (values['output'] === 'json') {
    await outJson(records);
  } else if (records.length === 0) {
    await note('no project is trusted');
  } else {
    const rows = records.map(({ directory, profiles, trusted_at, state }) => [
      state,
      formatMoment(new Date(trusted_at), host),
      profiles.join(',') || '-',
      abbreviateHome(directory, host),
    ]);
    await print(...formatTable([['FILES', 'TRUSTED AT', 'PROFILES', 'DIRECTORY'], ...rows]));
  }
}

async function revoke(context: Context, { operand, values }: Invocation): Promise<void> {
  const { host, outJson, note } = context;
  const directory =
    operand === undefined
      ? (await load(context)).directory
      : resolve(
          host.workingDirectory(),
          requirePath({ value: operand, source: 'the command line' }),
        );
  const records = revokeTrust(directory, host).map(recordJson);
  if (values['output'] === 'json') {
    await outJson(records);
    return;
  }
  if (records.length === 0) await note(`nothing in ${abbreviateHome(directory, host)} was trusted`);
  for (const { profiles, trusted_at } of records) {
    const named = profiles.length === 0 ? '' : ` with ${profiles.join(', ')}`;
    const since = formatMoment(new Date(trusted_at), host);
    await note(
      `no longer trusted: ${abbreviateHome(directory, host)}${named}, trusted since ${since}`,
    );
  }
}

function trustJson(project: TrustedProject): TrustJson {
  const { directory, files, profiles, needs, wasTrusted, isTrusted } = project;
  return {
    directory,
    files,
    profiles,
    needs: needs.map(({ path, what, source }) => ({ path: formatPath(path), what, source })),
    trusted: isTrusted,
    recorded: isTrusted && !wasTrusted,
  };
}

function recordJson({ directory, profiles, trusted_at, state, files }: TrustedRecord): RecordJson {
  return {
    directory,
    profiles,
    trusted_at,
    state,
    files: files.map(({ path }) => path),
  };
}
