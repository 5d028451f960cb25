import { isAwsRegion } from './regions.ts';
import { checkPart, IdentityError, type IdentityProblem } from '../../core/identity-error.ts';
import { quoteValue, valueOf, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { parseDuration } from '../../core/time.ts';
import { flag, mapOf, setting, text } from '../../core/validate.ts';
import type { ShownValues } from '../contract.ts';
import { isPlainUrl } from './endpoint.ts';

// What an identity of kind aws/user says, and what is wrong with it.

export const defaultRegion = 'us-east-1';

export const schemas = {
  credentials: mapOf({
    access_key_id: setting(
      text,
      'The id of an access key. Better stored by `atmos auth user configure` than written here.',
    ),
    secret_access_key: setting(text, 'Its secret. Both are said, by `!env`, or neither.'),
    mfa_arn: setting(
      text,
      'The MFA device that is asked for a code. It wins over the one stored with the key.',
    ),
    region: setting(text, 'The region that requests go to, and that programs get.', {
      default: defaultRegion,
    }),
    webflow_enabled: setting(flag, 'For Atmos: whether it may log in by a browser. We never do.'),
  }),
  spec: mapOf({
    endpoint_url: setting(
      text,
      'Another address of AWS STS, without user and password. In a project’s file one that is neither AWS nor this machine needs trust, as does an MFA code for one on this machine.',
    ),
  }),
};

/** The kind's own part of an identity, checked. Empty text counts as absent, for `!env`. */
export interface UserSettings {
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly mfaArn?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly durationSeconds?: number;
}

/** @throws ERR_CONFIG_INVALID naming each place in the file */
export function readSettings(identity: Identity): UserSettings {
  const problems: IdentityProblem[] = [];
  const report = (problem: IdentityProblem) => void problems.push(problem);
  const credentials = checkPart(identity, 'credentials', schemas.credentials, report) ?? {};
  const spec = checkPart(identity, 'spec', schemas.spec, report) ?? {};
  const keys = configuredKeys(credentials.access_key_id, credentials.secret_access_key, report);
  const endpoint = spec.endpoint_url || undefined;
  if (endpoint !== undefined && !isPlainUrl(endpoint)) {
    // Not quoted: it may hold a password.
    const message = 'is not an http or https URL without user and password';
    report({ path: ['spec', 'endpoint_url'], message });
  }
  const region = credentials.region || undefined;
  if (region !== undefined && !isAwsRegion(region)) {
    const path = ['credentials', 'region'];
    const shown = quoteValue({ value: region, tag: identity.tagAt?.(path) });
    report({
      path,
      message: `is not the name of an AWS region: ${shown}`,
      hint: 'write it like eu-central-1',
    });
  }
  if (problems.length > 0) throw new IdentityError(identity, problems);
  return withoutAbsent({
    region,
    keys,
    mfaArn: credentials.mfa_arn || undefined,
    endpoint,
    durationSeconds: durationOf(identity),
  });
}

/** How messages call what tags gave, where they would name the values. */
export function shownValues({ tagAt }: Identity, settings: UserSettings): ShownValues {
  const shown = (path: readonly string[], value: string | undefined) => {
    const tag = value === undefined ? undefined : tagAt?.(path);
    return tag === undefined ? undefined : valueOf(tag);
  };
  return withoutAbsent({
    region: shown(['credentials', 'region'], settings.region),
    endpoint: shown(['spec', 'endpoint_url'], settings.endpoint),
    mfaDevice: shown(['credentials', 'mfa_arn'], settings.mfaArn),
  });
}

function durationOf({ name, session, locate, tagAt }: Identity): number | undefined {
  const { duration } = session;
  if (!duration) return undefined;
  const path = ['session', 'duration'];
  const shown = quoteValue({ value: duration, tag: tagAt?.(path) });
  return parseDuration(duration, `session.duration of identity ${name} (${locate(path)})`, shown);
}

function configuredKeys(
  id: string | undefined,
  secret: string | undefined,
  report: (problem: IdentityProblem) => void,
): UserSettings['keys'] {
  if (!id && !secret) return undefined;
  if (id && secret) return { accessKeyId: id, secretAccessKey: secret };
  report({
    path: ['credentials'],
    message: 'hold only one of access_key_id and secret_access_key',
    hint: 'give both or neither; with neither, the keys come from the keyring',
  });
  return undefined;
}
