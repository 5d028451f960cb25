import type { AwsCredentials } from '../../core/credentials.ts';
import { formatTimestamp } from '../../core/time.ts';

/**
 * The answer of a `credential_process`, version 1 of AWS's format. `Expiration` is what makes an SDK
 * ask again; long-lived keys have none.
 */
export function formatCredentialProcess(credentials: AwsCredentials): string {
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
