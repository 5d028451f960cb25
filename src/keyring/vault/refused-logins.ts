import type { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';

// Logins that a server has refused to this process. They are not sent again at once: OpenBao and HashiCorp
// Vault lock a role after five refused logins, and a command opens the server several times.

/** A process that lives longer tries again after this time: an administrator may have fixed the cause. */
const rememberedMs = 60_000;

const refusals = new Map<string, { readonly error: KeyringError; readonly atMs: number }>();

/** @param login names the settings, and for a login of this process also what was sent */
export function rememberRefusal(
  login: string,
  error: KeyringError,
  { monotonicMs }: Pick<Host, 'monotonicMs'>,
): void {
  refusals.set(login, { error, atMs: monotonicMs() });
}

/** The error of this login, if it was refused less than a minute ago. */
export function recentRefusal(
  login: string,
  { monotonicMs }: Pick<Host, 'monotonicMs'>,
): KeyringError | undefined {
  const refusal = refusals.get(login);
  if (refusal === undefined || monotonicMs() - refusal.atMs >= rememberedMs) return undefined;
  return refusal.error;
}
