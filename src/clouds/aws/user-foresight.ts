// What is known of opening an aws/user without a request. Loaded only for `login --plan`.

import { awsCredentials } from '../../core/credentials.ts';
import type { Foreseen, StoredMeans } from '../contract.ts';
import { sessionSeconds } from './user-session.ts';
import type { User } from './user-settings.ts';
import { whyNotRenewed } from './user-renewal.ts';

/** The maximum of AWS for a session of a sign-in. */
const signedInSeconds = 900;

/** What opening a session with what is stored asks for, and how long the session lasts. */
export async function foresee(
  user: User,
  { key: stored, signIn, mustSignIn, host, needsKey = false }: StoredMeans,
): Promise<Foreseen> {
  const { keys, webflowEnabled } = user.settings;
  const key = stored ?? (keys && awsCredentials(keys));
  if (mustSignIn) return { mayAsk: ['browser'], maxDurationSeconds: signedInSeconds };
  if (key === undefined && !needsKey) {
    const isRenewed =
      signIn !== undefined &&
      webflowEnabled !== false &&
      whyNotRenewed(user, signIn, host) === undefined;
    if (isRenewed) return { mayAsk: [], maxDurationSeconds: signedInSeconds };
    if (webflowEnabled ?? signIn !== undefined) {
      return { mayAsk: ['browser'], maxDurationSeconds: signedInSeconds };
    }
  }
  if (key === undefined) {
    const problem = `no access key of identity ${user.identity.name} is stored or can be read`;
    return { mayAsk: [], problem };
  }
  const hasMfa = (user.settings.mfaArn ?? key.mfaArn) !== undefined;
  return {
    mayAsk: hasMfa ? ['mfa-code'] : [],
    maxDurationSeconds: sessionSeconds(user, key, hasMfa, { warn: () => {} }),
  };
}
