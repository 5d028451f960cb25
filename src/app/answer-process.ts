import { formatProcessAnswer } from '../clouds/registry.ts';
import { AtmosError } from '../core/errors.ts';
import { run } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import type { Services } from './export-environment.ts';

// The SDKs wait one minute for a credential_process.
const answerMs = 50_000;
const waitMs = 30_000;

interface Asked extends Pick<Services, 'openSession'> {
  readonly identity: Identity;
}

/**
 * What `auth credential-process` prints, within 50 seconds.
 *
 * @param choose determines the identity
 * @throws ERR_KEYRING_TIMEOUT at the limit; the errors of choosing an identity and of opening a
 *   session
 */
export async function answerProcess(
  choose: () => Promise<Asked>,
  { sleep }: Pick<Host, 'sleep'>,
): Promise<string> {
  const timer = new AbortController();
  const limit = sleep(answerMs, timer.signal).then(() => {
    throw new AtmosError(
      'ERR_KEYRING_TIMEOUT',
      `the keyring and AWS gave no credentials within ${answerMs / 1000} seconds`,
      {
        hints: [run(['atmos', 'auth', 'keyring', 'status']), run(['atmos', 'auth', 'login'])],
      },
    );
  });
  try {
    return await Promise.race([choose().then(answer), limit]);
  } finally {
    timer.abort();
  }
}

async function answer({ identity, openSession }: Asked): Promise<string> {
  const { session } = await openSession(identity, { waitMs });
  return formatProcessAnswer(session.credentials);
}
