import type { NotImported } from '../../core/imported-config.ts';
import { foldName, isOffName, lowerCase } from '../../core/names.ts';
import { isPrintable } from '../../core/printable.ts';
import type { Profile } from './shared-profiles.ts';

// What an import does with the names and settings of one profile of the AWS files.

export type Report = (problem: NotImported) => void;

/** A profile that records which of its settings are used. */
export interface ProfileReader {
  readonly name: string;
  /** `profile dev` */
  readonly title: string;
  /** Whether it has the setting with a value. */
  has(key: string): boolean;
  /**
   * The value, which counts as used. Undefined if it is absent, or contains a control character,
   * which is reported.
   */
  get(key: string): string | undefined;
  /** Whether nothing in it says who it is: only a region, and settings of the AWS CLI. */
  isOnlyOfTheCli(): boolean;
  /** Reports that a setting is not imported. It counts as used. */
  reject(key: string, reason: string): undefined;
  /** Counts settings as used that another one includes. */
  cover(...keys: readonly string[]): void;
  /** Reports each setting that is not used, except for those that concern only the AWS CLI. */
  reportUnused(): void;
}

/**
 * @param report called for each setting that is not imported
 * @param unused receives the names of settings that concern only the AWS CLI
 */
export function createProfileReader(
  name: string,
  profile: Profile,
  { report, unused }: { readonly report: Report; readonly unused: Set<string> },
): ProfileReader {
  const title = `profile ${name}`;
  const used = new Set<string>();
  const has = (key: string) => (profile.get(key)?.value ?? '') !== '';
  function reject(key: string, reason: string): undefined {
    used.add(key);
    report({ from: title, key, reason });
    return undefined;
  }
  return {
    name,
    title,
    has,
    get(key) {
      used.add(key);
      const value = profile.get(key)?.value;
      if (value === undefined || value === '') return undefined;
      if (isPrintable(value)) return value;
      return reject(key, 'contains a control character or an invisible one');
    },
    isOnlyOfTheCli: () =>
      [...profile.keys()].every((key) => key === 'region' || ofTheCli.test(key)),
    reject,
    cover: (...keys) => keys.forEach((key) => used.add(key)),
    reportUnused() {
      for (const key of [...profile.keys()].filter((one) => !used.has(one))) {
        if (ofTheCli.test(key)) unused.add(key);
        else report({ from: title, key, reason: reasonFor(key, profile) });
      }
    },
  };
}

/** Settings that change how the AWS CLI and SDKs print, retry and report, not who they are. */
const ofTheCli =
  /^(output|color|cli_\w+|retry_mode|max_attempts|parameter_validation|tcp_keepalive|defaults_mode|sdk_ua_app_id|user_agent_appid|metadata_service_\w+|request_\w+|response_\w+|disable_request_compression|sts_regional_endpoints|account_id_endpoint_mode|sso_account_name|sso_auto_populated|aws_account_id)$/;

const reasons: Readonly<Record<string, string>> = {
  ca_bundle: 'is not a setting of an identity: set AWS_CA_BUNDLE',
  endpoint_url: 'is not a setting of an identity: set AWS_ENDPOINT_URL',
  services: 'is not a setting of an identity: set variables such as AWS_ENDPOINT_URL_S3',
  use_fips_endpoint: 'is not a setting of an identity: set AWS_USE_FIPS_ENDPOINT',
  use_dualstack_endpoint: 'is not a setting of an identity: set AWS_USE_DUALSTACK_ENDPOINT',
  mfa_serial: 'is not used with the credentials of this profile',
  mfa_process: 'is not imported: set credentials.mfa_process of the user',
  login_session: 'signs in with aws login, which is not supported',
};

function reasonFor(key: string, profile: Profile): string {
  if (Object.hasOwn(reasons, key)) return reasons[key] ?? '';
  const isNested = profile.get(key)?.value === '';
  if (isNested) return 'has settings of one service, which are not part of an identity';
  if (/^(aws_|sso_|role_|source_|credential_|web_identity_|duration_|external_id$)/.test(key))
    return 'is not used with the other settings of this profile';
  return 'has no equivalent in atmos.yaml';
}

const maxNameLength = 128;

/** Why a profile cannot give an identity its name, or undefined. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === '') return 'has no name';
  if (!isPrintable(name)) return 'has a name with a control character or an invisible one';
  if (name.length > maxNameLength) return `has a name of more than ${maxNameLength} characters`;
  if (/@(session|token)$/.test(lowerCase(name)))
    return 'has a name that ends with @session or @token, as entries of sessions and tokens do';
  if (['__proto__', 'prototype', 'constructor'].includes(name)) return 'has a reserved name';
  if (isOffName(name)) return 'has a name that turns authentication off: -i off';
  return undefined;
}

/**
 * Tells names apart that are the same for atmos.yaml: `Dev` and `dev` become `Dev` and `dev-2`.
 *
 * @returns the name for each wanted one, in the order of the calls
 */
export function createNames(taken: Iterable<string> = []): (wanted: string) => string {
  const folded = new Set(Array.from(taken, foldName));
  return (wanted) => {
    let name = wanted;
    for (let count = 2; folded.has(foldName(name)); count++) name = `${wanted}-${count}`;
    folded.add(foldName(name));
    return name;
  };
}
