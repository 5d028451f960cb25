import { checkPart, ConfigurationError, type LinkProblem } from '../../core/configuration-error.ts';
import { say, type Hint } from '../../core/hint.ts';
import { quoteValue, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { parseDuration } from '../../core/time.ts';
import { flag, mapOf, setting, text } from '../../core/validate.ts';
import { endpointIn, endpointKeys, type EndpointSettings } from './endpoint-settings.ts';
import type { ChosenEndpoint } from './endpoint-variables.ts';
import { readExpectation, type Expectation } from './expectation.ts';
import {
  keyFaults,
  type AccessKey,
  type AccessKeyValues,
  type KeyFault,
  type KeyUse,
} from './key-values.ts';
import { isPrincipal } from './principal.ts';
import { checkRegion } from './regions.ts';

// Reads and checks the configuration of an identity of kind aws/user.

export const defaultRegion = 'us-east-1';

export const defaultDurationSeconds = 43_200;
export const minDurationSeconds = 900;
export const maxDurationSeconds = { withMfa: 129_600, withoutMfa: 43_200 };

export const schemas = {
  credentials: mapOf({
    access_key_id: setting(
      text,
      'The id of an access key. Preferably store the key with `atmos auth user configure` instead.',
    ),
    secret_access_key: setting(
      text,
      'The secret of the access key. Set both with `!env`, or neither.',
    ),
    mfa_arn: setting(
      text,
      'The MFA device of the user: the ARN of a virtual device, in the same partition as the region, or the serial number of a hardware token. FIDO security keys show no code and cannot be used. It overrides the device that is stored with the key.',
    ),
    mfa_process: setting(
      text,
      "A command that prints a code of the MFA device, run by the shell, for at most 60 seconds. It replaces the prompt; `--mfa-token` and `ATMOS_MFA_TOKEN` win over it. In a project's file it requires trust.",
      { isCommand: true },
    ),
    region: setting(
      text,
      'The region of requests to AWS. Programs receive it as well, but not the default.',
      {
        default: defaultRegion,
      },
    ),
    aws: setting(
      mapOf({
        resolver: setting(
          mapOf({
            url: setting(text, 'The same as `spec.endpoint_url`, which overrides it.'),
          }),
          'Settings of the endpoint.',
        ),
      }),
      'The older place of the endpoint, as in Atmos.',
    ),
    webflow_enabled: setting(
      flag,
      'Whether a person may sign in at AWS in a browser instead of storing an access key. `true`: `login` signs in where no key is stored or configured. `false`: never. Not set or empty: only `login --webflow`, and its sign-in is renewed.',
    ),
  }),
  spec: mapOf({
    ...endpointKeys,
    expect: setting(
      mapOf({
        account: setting(text, 'The account, 12 digits, of who signs in.'),
        user: setting(
          text,
          'The name of the IAM user in that account, or the ARN of who signs in, which needs no `account`.',
        ),
      }),
      'Who must sign in in the browser. Otherwise nothing is stored.',
    ),
  }),
};

/**
 * The checked part of an identity that the kind defines. Empty text counts as absent, because of
 * `!env`.
 */
export interface UserSettings extends EndpointSettings {
  /** Whether a person may sign in in a browser; true: also without being asked to. */
  readonly webflowEnabled?: boolean;
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly mfaArn?: string;
  readonly mfaProcess?: string;
  readonly region?: string;
  readonly durationSeconds?: number;
  /** Who may sign in in a browser. */
  readonly expect: Expectation;
}

/** An identity with its checked configuration. */
export interface User {
  readonly identity: Identity;
  readonly settings: UserSettings &
    ChosenEndpoint & {
      /** Where a person signs in. */
      readonly signin: ChosenEndpoint;
    };
}

/** @throws ERR_CONFIG_INVALID with each place in the file */
export function readSettings(identity: Identity): UserSettings {
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  const credentials =
    checkPart(identity, 'credentials', schemas.credentials, report) ?? rightTexts(identity);
  const spec = checkPart(identity, 'spec', schemas.spec, report) ?? {};
  const endpoint = endpointIn(identity, spec, report);
  const keys = configuredKeys(
    identity,
    credentials.access_key_id,
    credentials.secret_access_key,
    report,
  );
  const region = credentials.region || undefined;
  checkRegion(identity, ['credentials', 'region'], region, report);
  const mfaArn = credentials.mfa_arn || undefined;
  const given = withoutAbsent({ ...keys, mfaArn });
  for (const { field, message } of keyFaults(given, keyUseOf(region, endpoint.endpoint))) {
    report({ path: places[field], message });
  }
  const expect = expectationOf(identity, spec.expect, report);
  if (problems.length > 0) throw new ConfigurationError(identity, problems);
  return withoutAbsent({
    region,
    keys,
    mfaArn,
    webflowEnabled: webflowOf(identity),
    mfaProcess: credentials.mfa_process || undefined,
    ...endpoint,
    durationSeconds: durationOf(identity),
    expect,
  });
}

/** The schema accepts text as well, because `!env` gives text. Empty text counts as absent. */
function webflowOf({ credentials: { webflow_enabled: value } }: Identity): boolean | undefined {
  return value === undefined || value === '' ? undefined : value === true || value === 'true';
}

function expectationOf(
  identity: Identity,
  given: Parameters<typeof readExpectation>[1],
  report: (problem: LinkProblem) => void,
): Expectation {
  const expect = readExpectation(identity, given, report);
  const { account, user } = expect;
  const path = ['spec', 'expect', 'user'];
  const shown = user && quoteValue({ value: user, tag: identity.tagAt?.(path) });
  if (user?.startsWith('arn:')) {
    if (!isPrincipal(user)) {
      report({ path, message: `is not the ARN of a user, of a role session or of root: ${shown}` });
    }
  } else if (user !== undefined && account === undefined) {
    const hint = say('set spec.expect.account as well, or write the ARN of the user');
    report({
      path,
      message: `names a user but not the account, and any account can have this user: ${shown}`,
      hint,
    });
  }
  return expect;
}

/** The credentials without fields that are not text, which the schema reports. */
function rightTexts({ credentials }: Identity): Record<string, string | undefined> {
  const texts = Object.entries(credentials).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  const { access_key_id: id, secret_access_key: secret, ...others } = Object.fromEntries(texts);
  // If one of them is invalid, it would be misleading to report that the other one is alone.
  return id !== undefined && secret !== undefined
    ? { ...others, access_key_id: id, secret_access_key: secret }
    : others;
}

/** The places of the values of a key in the configuration. */
const places: Readonly<Record<keyof AccessKey, readonly string[]>> = {
  accessKeyId: ['credentials', 'access_key_id'],
  secretAccessKey: ['credentials', 'secret_access_key'],
  mfaArn: ['credentials', 'mfa_arn'],
  sessionDuration: ['session', 'duration'],
};

/** The faults of key values for this identity, from any source. */
export function keyFaultsOf(identity: Identity, values: AccessKeyValues): KeyFault[] {
  const { region, endpoint } = readSettings(identity);
  return keyFaults(values, keyUseOf(region, endpoint));
}

function keyUseOf(region: string | undefined, endpoint: string | undefined): KeyUse {
  return { region: region ?? defaultRegion, hasOwnEndpoint: endpoint !== undefined };
}

function durationOf({ name, session, locate, tagAt }: Identity): number | undefined {
  const { duration } = session;
  if (!duration) return undefined;
  const path = ['session', 'duration'];
  const shown = quoteValue({ value: duration, tag: tagAt?.(path) });
  return parseDuration(duration, `session.duration of identity ${name} (${locate(path)})`, shown);
}

/** A field of the access key that is set but empty, usually because its variable is not set. */
export interface EmptyKeyField {
  readonly path: readonly [part: 'credentials', field: string];
  /** The tag that returned an empty value: `!env AWS_ID`. Undefined for an empty text. */
  readonly tag: string | undefined;
}

/** The fields of the access key that are set but empty. */
export function emptyKeyFields({ credentials, tagAt }: Identity): EmptyKeyField[] {
  return ['access_key_id', 'secret_access_key']
    .filter((field) => credentials[field] === '')
    .map((field) => {
      const path = ['credentials', field] as const;
      return { path, tag: tagAt?.(path) };
    });
}

/** Completes a message after the name of the field. */
export function describeEmpty({ tag }: EmptyKeyField): string {
  return tag === undefined ? 'is empty' : `is empty: ${tag} returned an empty value`;
}

/** One hint that names the variables to set. Empty if no variable provides the fields. */
export function variableHints(fields: readonly EmptyKeyField[]): Hint[] {
  const names = fields.flatMap(({ tag }) => /^!env (\w+)$/.exec(tag ?? '')?.[1] ?? []);
  const [noun, verb] = names.length === 1 ? ['variable', 'is'] : ['variables', 'are'];
  return names.length === 0
    ? []
    : [say(`set the ${noun} ${names.join(' and ')}, which ${verb} not set or empty`)];
}

function configuredKeys(
  identity: Identity,
  id: string | undefined,
  secret: string | undefined,
  report: (problem: LinkProblem) => void,
): UserSettings['keys'] {
  if (!id && !secret) return undefined;
  if (id && secret) return { accessKeyId: id, secretAccessKey: secret };
  const empty = emptyKeyFields(identity).find(({ tag }) => tag !== undefined);
  if (empty !== undefined) {
    const [hint] = variableHints([empty]);
    const message = `${describeEmpty(empty)}, but the other half of the access key is set`;
    report({ path: empty.path, message, ...withoutAbsent({ hint }) });
    return undefined;
  }
  report({
    path: ['credentials'],
    message: 'hold only one of access_key_id and secret_access_key',
    hint: say('set both or neither; if neither is set, the keys come from the keyring'),
  });
  return undefined;
}
