import type { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';

// Logins that a server has refused to this process. They are not sent again at once: OpenBao and HashiCorp
// Vault lock a role after five refused logins, and a command opens the server several times.

type Clock = Pick<Host, 'monotonicMs'>;

/** A process that lives longer tries again after this time: an administrator may have fixed the cause. */
const rememberedMs = 60_000;

interface Refusal {
  readonly error: KeyringError;
  readonly atMs: number;
  /** A hash of what was sent. Undefined for the login of an agent, of which only the settings are known. */
  readonly sent?: string;
}

/** The last one of each login, by the name of its settings. */
const refusals = new Map<string, Refusal>();

export function rememberRefusal(login: string, refusal: Omit<Refusal, 'atMs'>, host: Clock): void {
  refusals.set(login, { ...refusal, atMs: host.monotonicMs() });
}

/** The error of this login, if it was refused less than a minute ago. */
export function recentRefusal(login: string, sent: string, host: Clock): KeyringError | undefined {
  const refusal = refusals.get(login);
  if (refusal === undefined || host.monotonicMs() - refusal.atMs >= rememberedMs) return undefined;
  return (refusal.sent ?? sent) === sent ? refusal.error : undefined;
}
