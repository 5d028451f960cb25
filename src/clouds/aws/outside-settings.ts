import { checkPart, type LinkProblem } from '../../core/configuration-error.ts';
import type { AwsCredentials } from '../../core/credentials.ts';
import { valueOf, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { mapOf, setting, text } from '../../core/validate.ts';
import type { Host } from '../../host/host.ts';
import type { LinkPlan, OpenContext } from '../contract.ts';
import { readEndpoint, type EndpointSettings } from './endpoint-settings.ts';
import { chooseEndpoint } from './endpoint-variables.ts';
import { checkRegion, isAwsRegion } from './regions.ts';

// The settings of identities whose AWS credentials come from outside of this program.

/** The schema of `principal`. */
export const outsidePrincipal = mapOf({
  region: setting(text, 'The region that programs receive. Requests to AWS go there as well.', {
    otherwise: 'that of the environment',
  }),
});

export interface OutsideSettings extends EndpointSettings {
  /** As configured. Empty text counts as absent, because of `!env`. */
  readonly region?: string;
}

export function readOutside(
  identity: Identity,
  report: (problem: LinkProblem) => void,
): OutsideSettings {
  const principal = checkPart(identity, 'principal', outsidePrincipal, report);
  const region = principal?.region || undefined;
  checkRegion(identity, ['principal', 'region'], region, report);
  return { ...readEndpoint(identity, report), ...withoutAbsent({ region }) };
}

/** The region of the environment, as the AWS SDKs read it. Undefined if it cannot be one. */
export function environmentRegion(env: Host['env']): string | undefined {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || '';
  return isAwsRegion(region) ? region : undefined;
}

/** The part of a plan that is the same for all of these kinds. */
export function outsidePlan(
  identity: Identity,
  { region, ...endpoint }: OutsideSettings,
  env: Host['env'],
): Pick<LinkPlan, 'origin' | 'storedKey' | 'region' | 'shownRegion' | 'route' | 'whoIs'> {
  const shown = shownOf(identity, { region, endpoint: endpoint.endpoint });
  const chosen = chooseEndpoint(endpoint, env);
  const requestRegion = region ?? environmentRegion(env) ?? 'us-east-1';
  return {
    origin: 'unknown',
    storedKey: 'none',
    ...withoutAbsent({ region, shownRegion: shown.region }),
    route: async (host) =>
      (await import('./sts-route.ts')).stsRoute({ ...chosen, region: requestRegion }, host),
    whoIs: async (credentials: AwsCredentials, context: WhoIsContext) => {
      const { withSts } = await import('./with-sts.ts');
      const target = { ...chosen, region: requestRegion, shown };
      return withSts(target, credentials, context, (sts) => sts.getCallerIdentity());
    },
  };
}

type WhoIsContext = Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>;

/** What messages show in place of values that tags gave. */
function shownOf(
  { tagAt }: Identity,
  { region, endpoint }: { region: string | undefined; endpoint: string | undefined },
): { region?: string; endpoint?: string } {
  const shown = (value: string | undefined, path: readonly string[]) => {
    const tag = value === undefined ? undefined : tagAt?.(path);
    return tag === undefined ? undefined : valueOf(tag);
  };
  return withoutAbsent({
    region: shown(region, ['principal', 'region']),
    endpoint: shown(endpoint, ['spec', 'endpoint_url']),
  });
}
