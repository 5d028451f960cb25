import { AtmosError } from '../../core/errors.ts';
import { say, unsetVariable } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';

type Environment = Host['env'];

/** Where the requests of an identity go, as its configuration says. */
export interface ConfiguredEndpoint {
  /** Undefined: the endpoint of AWS for the region. */
  readonly endpoint?: string;
  readonly useFips?: boolean;
  readonly useDualstack?: boolean;
}

/** Which of the endpoints that AWS has for a region. */
export interface EndpointVariant {
  readonly useFips: boolean;
  readonly useDualstack: boolean;
}

/**
 * The variant that the configuration names, else `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
 * None where the configuration names an endpoint: as in the AWS SDKs, it has no variants.
 */
export function endpointVariant(
  { endpoint, useFips, useDualstack }: ConfiguredEndpoint,
  env: Environment,
): EndpointVariant {
  if (endpoint !== undefined) return { useFips: false, useDualstack: false };
  return {
    useFips: useFips ?? isTrue(env, 'AWS_USE_FIPS_ENDPOINT'),
    useDualstack: useDualstack ?? isTrue(env, 'AWS_USE_DUALSTACK_ENDPOINT'),
  };
}

/**
 * Refuses a request to the public AWS if a variable of the AWS SDKs sends it to another endpoint. It does not
 * affect an identity that names its endpoint, which also in the SDKs wins over the variables.
 *
 * @param identity its name
 * @throws ERR_CONFIG_INVALID
 */
export function refuseEndpointVariables(
  { region, endpoint }: { readonly region: string; readonly endpoint: string | undefined },
  identity: string,
  env: Environment,
): void {
  if (endpoint !== undefined || isTrue(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return;
  const variable = ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'].find(
    (name) => (env[name] ?? '') !== '',
  );
  if (variable === undefined) return;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `${variable} is set, which this version does not follow: a request of identity ${identity} would go to another endpoint of AWS`,
    {
      hints: [
        say(
          `set spec.endpoint_url of identity ${identity} to the endpoint of AWS STS, such as https://sts.${region}.amazonaws.com`,
        ),
        unsetVariable(variable),
      ],
    },
  );
}

function isTrue(env: Environment, name: string): boolean {
  return env[name]?.toLowerCase() === 'true';
}
