import { AtmosError } from '../../core/errors.ts';
import { say, unsetVariable } from '../../core/hint.ts';
import { valueOf } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import {
  endpointUrlVariables,
  ignoreEndpointsVariable,
  type AwsService,
} from '../../core/variables.ts';
import type { Host } from '../../host/host.ts';
import type { PlannedSetting } from '../contract.ts';
import { isPlainUrl } from './endpoint.ts';
import type { EndpointSettings } from './endpoint-settings.ts';

type Environment = Host['env'];

/** Which of the endpoints that AWS has for a region. */
export interface EndpointVariant {
  readonly useFips: boolean;
  readonly useDualstack: boolean;
}

/** Where the requests of an identity go: as configured, else as the environment says. */
export interface ChosenEndpoint extends EndpointSettings {
  /** The variable that contains the endpoint, whose value is not checked. */
  readonly endpointVariable?: string;
}

/**
 * Adds the endpoint of the variable of the service, such as `AWS_ENDPOINT_URL_STS`, else of
 * `AWS_ENDPOINT_URL`, to settings that name none. As in the AWS SDKs,
 * `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true` disables both.
 *
 * Never throws: a wrong value is reported when a request is about to be sent, because it is no fault of
 * the configuration. See {@link checkEndpointVariable}.
 */
export function chooseEndpoint<S extends EndpointSettings>(
  settings: S,
  env: Environment,
  service: AwsService = 'sts',
): S & ChosenEndpoint {
  if (settings.endpoint !== undefined || isTrue(env, ignoreEndpointsVariable)) return settings;
  const endpointVariable = endpointUrlVariables[service].find((name) => (env[name] ?? '') !== '');
  const endpoint = env[endpointVariable ?? ''];
  if (endpointVariable === undefined || endpoint === undefined) return settings;
  return { ...settings, endpoint, endpointVariable };
}

/**
 * The endpoint as a setting on which a session depends. The same URL means the same endpoint, whether the
 * configuration or a variable contains it.
 */
export function endpointSetting(
  { tagAt }: Pick<Identity, 'tagAt'>,
  { endpoint, endpointPath, endpointVariable }: ChosenEndpoint,
): PlannedSetting {
  if (endpoint === undefined) return { value: null };
  if (endpointVariable !== undefined) {
    const url = isPlainUrl(endpoint) ? endpoint : '…';
    return { value: endpoint, shown: `${url} (${endpointVariable})` };
  }
  const tag = endpointPath && tagAt?.(endpointPath);
  return { value: endpoint, ...(tag === undefined ? {} : { shown: valueOf(tag) }) };
}

/**
 * The variant that the configuration names, else `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
 * None where the configuration names an endpoint: as in the AWS SDKs, it has no variants.
 */
export function endpointVariant(
  { endpoint, useFips, useDualstack }: ChosenEndpoint,
  env: Environment,
): EndpointVariant {
  if (endpoint !== undefined) return { useFips: false, useDualstack: false };
  return {
    useFips: useFips ?? isTrue(env, variantVariables.useFips),
    useDualstack: useDualstack ?? isTrue(env, variantVariables.useDualstack),
  };
}

const variantVariables = {
  useFips: 'AWS_USE_FIPS_ENDPOINT',
  useDualstack: 'AWS_USE_DUALSTACK_ENDPOINT',
} as const;

/**
 * Checks the endpoint of a variable. As in the AWS SDKs, it cannot be combined with FIPS or dual-stack.
 *
 * @throws ERR_CONFIG_INVALID; the value is not quoted, because it may contain a password
 */
export function checkEndpointVariable(chosen: ChosenEndpoint, env: Environment): void {
  const { endpoint, endpointVariable } = chosen;
  if (endpoint === undefined || endpointVariable === undefined) return;
  if (!isPlainUrl(endpoint)) {
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `${endpointVariable} is not an http or https URL without user and password`,
      {
        hints: [
          say(`set ${endpointVariable} to a URL such as https://sts.example.com`),
          unsetVariable(endpointVariable),
        ],
      },
    );
  }
  for (const key of ['useFips', 'useDualstack'] as const) {
    const variable = variantVariables[key];
    if (!(chosen[key] ?? isTrue(env, variable))) continue;
    const other = chosen[key] === undefined ? variable : settingNames[key];
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `${endpointVariable} cannot be combined with ${other}: only endpoints of AWS have this variant`,
      {
        hints: [
          unsetVariable(endpointVariable),
          chosen[key] === undefined ? unsetVariable(variable) : say(`remove ${other}`),
        ],
      },
    );
  }
}

const settingNames = { useFips: 'spec.use_fips', useDualstack: 'spec.use_dualstack' } as const;

function isTrue(env: Environment, name: string): boolean {
  return env[name]?.toLowerCase() === 'true';
}
