import { delimiter, dirname, join } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { didYouMean, run, say, type Hint } from '../core/hint.ts';
import { nearestName } from '../core/names.ts';
import { isSameProgram, programsNamed, startsScript } from '../host/find-program.ts';
import type { Host } from '../host/host.ts';
import type { CommandGroup } from './command.ts';
import type { Foreign } from './parse/foreign-command.ts';
import { formatPath } from './parse/words.ts';

/** The next `atmos` on PATH that is not this program. */
export interface OtherAtmos {
  /** Absolute. */
  readonly path: string;
  /**
   * Runs it with our command line, environment and streams, and returns its exit code.
   *
   * @throws ERR_COMMAND_NOT_EXECUTABLE, ERR_COMMAND_NOT_FOUND for a file that is not a program
   */
  run(): Promise<number>;
}

/**
 * The record of earlier delegations, for the case that the next `atmos` runs us again (a script of
 * a package manager, a wrapper, a second copy): `PROCESS-COUNT-DIGEST`, then the files that were
 * given the command line. Every process that the other `atmos` starts inherits it, including a
 * shell.
 */
const guardVariable = 'ATMOS_AUTH_DELEGATED';

/**
 * The maximum number of delegations in one chain of processes: so many nested Atmos shells are
 * rare.
 */
const maxDelegations = 8;

/** The position of this process in a chain of delegations. */
interface Chain {
  /** Before this process. */
  readonly delegations: number;
  /** The files that have run us again. */
  readonly tried: readonly string[];
  /** Only the last started program can have run us. */
  readonly isCertain: boolean;
}

/**
 * Undefined if PATH contains no other one. Then modules that only a delegation needs are not
 * loaded.
 *
 * @throws ERR_USAGE for a program that seems to run us again without end
 */
export async function findOtherAtmos(host: Host): Promise<OtherAtmos | undefined> {
  const chain = await chainBefore(host);
  const own = ownScripts(host);
  const other = await findAfter(host, [...chain.tried, ...own]);
  // A command inside of the other program may look like the one that ran us; it is not refused for
  // that.
  const found = other ?? (chain.isCertain ? undefined : await findAfter(host, own));
  if (found === undefined) return undefined;
  if (chain.delegations >= maxDelegations) throw leadsBack(found.path);
  const { path, tried } = found;
  return { path, run: () => runOther(host, path, chain.delegations + 1, tried) };
}

/**
 * A wrapper that replaces itself by us (exec) leaves the delegating process as our parent. A
 * wrapper that starts us and waits is between the two. So is an Atmos that runs our command for a
 * command of its configuration, but with other arguments. A shell of Atmos is further away.
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
    `the next atmos on PATH seems to lead back to atmos-auth: after ${maxDelegations} commands that ran each other, the next one would be ${path}`,
    { hints: [say('let it start Atmos itself, or remove it from PATH')] },
  );
}

/** The scripts of this package. Called by one name, we can also be what the other name runs. */
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

const install = say('install Atmos for its other commands, and put it on PATH after this program');

/** The commands of this version that replace commands of Atmos. */
const replacements: Readonly<Record<string, readonly Hint[]>> = {
  'atmos auth console': [],
};

/**
 * The error for an unknown command if no other `atmos` exists. Undefined for a command that Atmos
 * does not have either, as far as we know: the parser reports it as a mistake.
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
