import { requestedIdentity } from '../app/identity-request.ts';
import { pickKnownChoice } from '../app/known-choices.ts';
import { isAtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { CommandSpec, Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions, type GlobalOptions } from './global-options.ts';

/**
 * Lets the user pick an identity, from the choices that the last picker showed, before the command is
 * loaded: docs/speed.md. In any other case the command line is as it was, and the command itself asks.
 *
 * @throws ERR_CANCELLED; ERR_USAGE as `requestedIdentity`
 */
export async function pickKnown(
  { host, globals, prompt }: Context,
  spec: CommandSpec,
  invocation: Invocation,
): Promise<Invocation> {
  if (!usesIdentity(spec, invocation) || !mayPick(invocation, globals, host)) return invocation;
  const request = requestedIdentity(invocation, host, { environment: {} });
  try {
    const picking = { host, select: prompt.select };
    const picked = await pickKnownChoice(request, loadOptions(globals), picking);
    return picked === undefined
      ? invocation
      : { ...invocation, identity: { kind: 'picked', ...picked } };
  } catch (error) {
    // The command reports it in its own words.
    if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
    return invocation;
  }
}

/** Whether a picker may be shown: without `-i` only where a shell does not wait for the output. */
export function mayPick(
  { identity: { kind } }: Pick<Invocation, 'identity'>,
  { picksProfile }: Pick<GlobalOptions, 'picksProfile'>,
  { stdout }: Pick<Host, 'stdout'>,
): boolean {
  return !picksProfile && (kind === 'bare' || (kind === 'absent' && stdout.isTTY === true));
}

function usesIdentity(
  { usesOneIdentity, options = [] }: CommandSpec,
  { values, flags }: Invocation,
): boolean {
  if (!usesOneIdentity) return false;
  const isGiven = (name: string) => values[name] !== undefined || flags[name] !== undefined;
  return !options.some(({ name, replacesIdentity }) => replacesIdentity && isGiven(name));
}
