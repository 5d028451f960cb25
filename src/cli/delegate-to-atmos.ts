import { delimiter, dirname, join } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { didYouMean, run, say, type Hint } from '../core/hint.ts';
import { nearestName } from '../core/names.ts';
import { isSameProgram, programsNamed, startsScript } from '../host/find-program.ts';
import type { Host } from '../host/host.ts';
import type { CommandGroup } from './command.ts';
import type { Foreign } from './parse/foreign-command.ts';
import { formatPath } from './parse/words.ts';

/** The next `atmos` on PATH that is not ourselves. */
export interface OtherAtmos {
  /** Absolute. */
  readonly path: string;
  /**
   * Runs it with our command line, environment and streams, and returns its exit code.
   *
   * @throws ERR_COMMAND_NOT_EXECUTABLE, ERR_COMMAND_NOT_FOUND for a file that is no program
   */
  run(): Promise<number>;
}

/**
 * What the delegations before this one have left, for the case that the next `atmos` leads back to us
 * (a script of a package manager, a wrapper, a second copy): `PROCESS-COUNT-DIGEST`, then the files that
 * had the command line. Everything that the other `atmos` starts inherits it, a shell too.
 */
const guardVariable = 'ATMOS_AUTH_DELEGATED';

/** How often we delegate in one chain of processes: so many shells of Atmos within each other are rare. */
const maxDelegations = 8;

/** Where we stand in a chain of delegations. */
interface Chain {
  /** Before this one. */
  readonly delegations: number;
  /** What has led back to us. */
  readonly tried: readonly string[];
  /** Nothing else than what was started last leads here. */
  readonly isCertain: boolean;
}

/**
 * Undefined where none is left on PATH: then nothing is loaded that only running one needs.
 *
 * @throws ERR_USAGE for one that seems to lead back to us without end
 */
export async function findOtherAtmos(host: Host): Promise<OtherAtmos | undefined> {
  const chain = await chainBefore(host);
  const own = ownScripts(host);
  const other = await findAfter(host, [...chain.tried, ...own]);
  // A command within the other one that looks like the one that led here is not refused for it.
  const found = other ?? (chain.isCertain ? undefined : await findAfter(host, own));
  if (found === undefined) return undefined;
  if (chain.delegations >= maxDelegations) throw leadsBack(found.path);
  const { path, tried } = found;
  return { path, run: () => runOther(host, path, chain.delegations + 1, tried) };
}

/**
 * A wrapper that replaces itself by us leaves us with the process that delegated as our parent. One
 * that starts us and waits is between the two; so is an Atmos that runs our command for a command of
 * its configuration, which has other arguments. A shell of Atmos is further away.
 */
async function chainBefore(host: Host): Promise<Chain> {
  const [head = '', ...tried] = (host.env[guardVariable] ?? '').split(delimiter);
  const [, delegator, count, digest] = /^(\d+)-(\d+)-(\w+)$/.exec(head) ?? [];
  if (digest === undefined) return { delegations: 0, tried: [], isCertain: false };
  const [parent, grandparent] = await host.ancestors();
  const isCertain = parent === Number(delegator);
  const isBetween = grandparent === undefined || grandparent === Number(delegator);
  const isLedBack = isCertain || (isBetween && digest === (await digestOf(host.programArguments)));
  return { delegations: Number(count), tried: isLedBack ? tried : [], isCertain };
}

async function findAfter(host: Host, tried: readonly string[]) {
  const path = await nextOnPath(host, tried);
  return path === undefined ? undefined : { path, tried };
}

async function runOther(
  host: Host,
  path: string,
  delegations: number,
  tried: readonly string[],
): Promise<number> {
  const args = host.programArguments;
  const head = `${host.processId}-${delegations}-${await digestOf(args)}`;
  const guard = [head, ...tried, path].join(delimiter);
  const { runChild } = await import('../host/run-child.ts');
  return runChild(host, [path, ...args], { ...host.env, [guardVariable]: guard });
}

async function digestOf(args: readonly string[]): Promise<string> {
  const { sha256 } = await import('../core/sha256.ts');
  return sha256(JSON.stringify(args));
}

function leadsBack(path: string): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `the next atmos on PATH seems to lead back to atmos-auth: ${maxDelegations} commands have run one another so, the next one would be ${path}`,
    { hints: [say('let it start Atmos itself, or remove it from PATH')] },
  );
}

/** The scripts of this package: called by one name, we are also what the other leads to. */
function ownScripts({ scriptPath }: Host): string[] {
  const directory = dirname(scriptPath);
  return [scriptPath, join(directory, 'main.cjs'), join(directory, 'atmos-auth.cjs')];
}

async function nextOnPath(host: Host, tried: readonly string[]): Promise<string | undefined> {
  const own = ownScripts(host);
  const isOther = (file: string) =>
    !tried.some((other) => isSameProgram(file, other)) &&
    !own.some((script) => startsScript(file, script));
  return (await programsNamed('atmos', host)).find(isOther);
}

const install = say('install Atmos for its other commands, and put it on PATH behind this one');

/** What does in this version what a command of Atmos does that we do not have. */
const replacements: Readonly<Record<string, readonly Hint[]>> = {
  'atmos auth shell': [run(['atmos', 'auth', 'exec', '--', 'bash'])],
  'atmos auth list': [
    run(['atmos', 'auth', 'whoami', '-i'], 'to choose from the configured identities'),
    run(['atmos', 'auth', 'keyring', 'list']),
  ],
  'atmos auth console': [],
};

/**
 * The error for a command that is not ours where there is no other `atmos`. Undefined for one that
 * Atmos does not have either, as far as we know: a mistake that reading the command line reports.
 */
export function missingAtmos(
  { groups, name }: Foreign,
  { commands }: CommandGroup,
): AtmosError | undefined {
  const command = `${formatPath(groups)} ${name}`;
  if (Object.hasOwn(replacements, command)) {
    return new AtmosError(
      'ERR_USAGE',
      `"${command}" is not in this version of atmos-auth, and there is no other atmos on PATH to run it`,
      { hints: [...(replacements[command] ?? []), install] },
    );
  }
  if (groups.length > 1) return undefined;
  const nearest = nearestName(
    name,
    commands.map((one) => one.name),
  );
  return new AtmosError(
    'ERR_USAGE',
    `${JSON.stringify(name)} is not a command of atmos-auth, and there is no other atmos on PATH to run it`,
    {
      hints: [
        ...didYouMean(nearest === undefined ? undefined : `atmos ${nearest}`),
        run(['atmos', '--help']),
        install,
      ],
    },
  );
}
