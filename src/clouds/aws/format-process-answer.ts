import type { AwsCredentials } from '../../core/credentials.ts';
import { formatTimestamp } from '../../core/time.ts';

/**
 * The output of a `credential_process`, in version 1 of the AWS format. `Expiration` makes an SDK
 * run the process again; long-lived keys have none.
 */
export function formatProcessAnswer(credentials: AwsCredentials): string {
  const { sessionToken, expiresAt } = credentials;
  const answer = {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    ...(sessionToken === undefined ? {} : { SessionToken: sessionToken }),
    ...(expiresAt === undefined ? {} : { Expiration: formatTimestamp(expiresAt) }),
  };
  return `${JSON.stringify(answer)}\n`;
}
