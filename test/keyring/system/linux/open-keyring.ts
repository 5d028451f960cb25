import type { Host } from '../../../../src/host/host.ts';
import { realHost } from '../../../../src/host/real.ts';
import type { BackendContext, Keyring } from '../../../../src/keyring/contract.ts';
import { openSecretServiceKeyring } from '../../../../src/keyring/system/linux/keyring.ts';

export interface SystemKeyringOptions {
  /** The whole environment, which selects the bus and the display. */
  env: Readonly<Record<string, string | undefined>>;
  host?: Partial<Host>;
  warn?: (message: string) => void;
  isUnattended?: boolean;
}

/** Opens the real system keyring on the real host, except for the environment. */
export function openTestKeyring(options: SystemKeyringOptions): Keyring {
  return openSecretServiceKeyring(createTestContext(options));
}

export function createTestContext({
  env,
  host,
  warn,
  isUnattended = false,
}: SystemKeyringOptions): BackendContext {
  return {
    type: { value: 'system', source: 'default' },
    settings: undefined,
    host: { ...realHost(), platform: 'linux', env, ...host },
    isUnattended,
    ...(warn ? { warn } : {}),
  };
}

/** A clock that the test advances. */
export interface StandingTime {
  readonly host: Pick<Host, 'sleep'>;
  /** Number of pending waits of at most this duration. */
  waiting(milliseconds: number): number;
  /** Ends all waits of at most this duration. */
  pass(milliseconds: number): void;
}

export function standingTime(): StandingTime {
  const waits = new Set<{ milliseconds: number; end: () => void }>();
  return {
    host: {
      sleep: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          const wait = { milliseconds, end: resolve };
          waits.add(wait);
          signal?.addEventListener('abort', () => {
            waits.delete(wait);
            reject(new Error('aborted'));
          });
        }),
    },
    waiting: (milliseconds) => [...waits].filter((one) => one.milliseconds <= milliseconds).length,
    pass(milliseconds) {
      for (const wait of [...waits].filter((one) => one.milliseconds <= milliseconds)) {
        waits.delete(wait);
        wait.end();
      }
    },
  };
}
