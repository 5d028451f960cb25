import { state } from '@aws-sdk/core/client';

/**
 * Turns off a warning of the AWS SDK on standard error: on Node 20 it says that its versions of 2027
 * will need Node 22. That is for who updates it here, not for who logs in. Its other switch is an
 * environment variable, which the programs we start would inherit. Call it before a client is created.
 */
export function silenceVersionWarning(): void {
  state.warningEmitted = true;
}
