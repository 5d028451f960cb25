import { join } from 'node:path';
import { parseKnownFiles } from '@smithy/shared-ini-file-loader';
import { AtmosError } from '../core/errors.ts';
import { nearestName } from '../core/names.ts';
import { withoutAbsent } from '../core/without-absent.ts';
import type { Host } from '../host/host.ts';

/** A long-lived key, as a profile has it. */
export interface SharedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly mfaArn?: string;
}

/**
 * The long-lived key of a profile in the AWS shared files, read where the AWS CLI reads it.
 *
 * @throws ERR_USAGE for a profile that is not there, or has no long-lived key
 */
export async function readAwsProfile(name: string, host: Pick<Host, 'env' | 'homeDirectory'>): Promise<SharedKey> {
  const filepath = host.env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(host.homeDirectory, '.aws', 'credentials');
  const configFilepath = host.env['AWS_CONFIG_FILE'] ?? join(host.homeDirectory, '.aws', 'config');
  const profiles = await parseKnownFiles({ filepath, configFilepath, ignoreCache: true });
  const profile = profiles[name];
  if (profile === undefined) throw unknownProfile(name, Object.keys(profiles), filepath);
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token, mfa_serial: mfa } = profile;
  if (token) throw unusable(name, 'holds a session, which ends, not a long-lived key');
  if (!id || !secret) throw unusable(name, 'has no access key of its own (a role, SSO or a program gives its credentials)');
  return { accessKeyId: id, secretAccessKey: secret, ...withoutAbsent({ mfaArn: mfa || undefined }) };
}

function unknownProfile(name: string, known: readonly string[], file: string): AtmosError {
  const list = known.length === 0 ? 'there are none' : `there are ${[...known].sort().join(', ')}`;
  const nearest = nearestName(name, known);
  return new AtmosError('ERR_USAGE', `no AWS profile ${JSON.stringify(name)} in ${file}: ${list}`, {
    hints: nearest === undefined ? [] : [`did you mean ${nearest}?`],
  });
}

function unusable(name: string, why: string): AtmosError {
  return new AtmosError('ERR_USAGE', `the AWS profile ${JSON.stringify(name)} ${why}`, {
    hints: ['aws iam create-access-key | atmos auth user configure --stdin'],
  });
}
