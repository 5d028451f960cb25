import { requestedIdentity, type IdentityRequest } from '../app/identity-request.ts';
import { pickKnownChoice } from '../app/known-choices.ts';
import { isAtmosError } from '../core/errors.ts';
import type { CommandSpec, Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions } from './global-options.ts';

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
  const request = usesIdentity(spec, invocation) && choiceRequest({ host, globals }, invocation);
  if (!request) return invocation;
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

/**
 * The request, as far as it is known before the configuration is read. Undefined if it is clear that no
 * picker is shown: without `-i` it may be shown only where no shell waits for the output.
 *
 * @throws ERR_USAGE as `requestedIdentity`
 */
export function choiceRequest(
  { host, globals }: Pick<Context, 'host' | 'globals'>,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): IdentityRequest | undefined {
  const { kind } = invocation.identity;
  const mayPick = kind === 'bare' || (kind === 'absent' && host.stdout.isTTY === true);
  if (!mayPick || globals.picksProfile) return undefined;
  return requestedIdentity(invocation, host, { environment: {} });
}

function usesIdentity(
  { usesOneIdentity, options = [] }: CommandSpec,
  { values, flags }: Invocation,
): boolean {
  if (!usesOneIdentity) return false;
  const isGiven = (name: string) => values[name] !== undefined || flags[name] !== undefined;
  return !options.some(({ name, replacesIdentity }) => replacesIdentity && isGiven(name));
}
