import { checkPart, type LinkProblem } from '../../core/configuration-error.ts';
import { placeholder, setVariable } from '../../core/hint.ts';
import { describeEmptyTag, showForConsent, variableOfTag, withoutAbsent } from '../../core/json.ts';
import {
  isProvider,
  type Identity,
  type LinkConfig,
  type TrustNeed,
} from '../../core/kind-config.ts';
import type { AwsService } from '../../core/variables.ts';
import { flag, isMap, mapOf, setting, text, type InferOutput } from '../../core/validate.ts';
import { endpointNeeds, isPlainUrl } from './endpoint.ts';

// The settings of an identity or provider that determine where its requests to AWS go, the same for
// every kind.

/** The keys of `spec`. */
export const endpointKeys = {
  endpoint_url: setting(
    text,
    "The URL of another AWS STS endpoint, without user and password. In a project's file, an endpoint that is neither AWS nor this machine requires trust; so does sending an MFA code to an endpoint on this machine.",
  ),
  use_fips: setting(
    flag,
    'Whether requests go to the FIPS endpoint of the region. Not together with `endpoint_url`.',
    { environment: 'AWS_USE_FIPS_ENDPOINT' },
  ),
  use_dualstack: setting(
    flag,
    'Whether requests go to the endpoint of the region that also has an IPv6 address. Not together with `endpoint_url`.',
    { environment: 'AWS_USE_DUALSTACK_ENDPOINT' },
  ),
};

/** The schema of `spec`. */
export const endpointSchema = mapOf(endpointKeys);

export interface EndpointSettings {
  readonly endpoint?: string;
  /** The field that contains the endpoint: `['spec', 'endpoint_url']`. */
  readonly endpointPath?: readonly string[];
  readonly useFips?: boolean;
  readonly useDualstack?: boolean;
}

/** Checks and reads the settings of an identity. Empty text counts as absent, because of `!env`. */
export function readEndpoint(
  identity: Identity,
  report: (problem: LinkProblem) => void,
): EndpointSettings {
  return endpointIn(identity, checkPart(identity, 'spec', endpointSchema, report) ?? {}, report);
}

/**
 * The same of an identity or provider.
 *
 * @param spec what the schema has accepted
 */
export function endpointIn(
  config: LinkConfig,
  spec: InferOutput<typeof endpointSchema>,
  report: (problem: LinkProblem) => void,
): EndpointSettings {
  for (const path of pathsOf(config)) checkEndpoint(config, path, report);
  const endpoint = endpointOf(config);
  for (const key of ['use_fips', 'use_dualstack'] as const) {
    if (endpoint === undefined || !spec[key]) continue;
    const message = `cannot be true together with ${endpoint.path.join('.')}`;
    report({ path: ['spec', key], message });
  }
  return withoutAbsent({
    endpoint: endpoint?.url,
    endpointPath: endpoint?.path,
    useFips: spec.use_fips,
    useDualstack: spec.use_dualstack,
  });
}

/**
 * What sending requests to the endpoint of an identity or provider needs trust for.
 *
 * @param services to which its requests go
 */
export function endpointTrustNeeds(
  config: LinkConfig,
  sends: 'signatures' | 'tokens' = 'signatures',
  services: readonly AwsService[] = ['sts'],
): readonly TrustNeed[] {
  const { url, path } = endpointOf(config) ?? {};
  if (url === undefined || path === undefined || !isPlainUrl(url)) return [];
  const shown = showForConsent({ value: url, tag: config.tagAt?.(path) });
  return endpointNeeds(url, shown, sends, services).map((need) => ({ path, ...need }));
}

/**
 * The fields that may contain the endpoint. The first one that is set is used, as in Atmos; a provider
 * has only the first.
 */
const endpointPaths = [
  ['spec', 'endpoint_url'],
  ['credentials', 'aws', 'resolver', 'url'],
] as const;

type EndpointPath = (typeof endpointPaths)[number];

function pathsOf(config: LinkConfig): readonly EndpointPath[] {
  return isProvider(config) ? endpointPaths.slice(0, 1) : endpointPaths;
}

/** The endpoint, not checked, and the field that contains it. */
function endpointOf(
  config: LinkConfig,
): { readonly url: string; readonly path: readonly string[] } | undefined {
  for (const path of pathsOf(config)) {
    const url = fieldAt(config, path);
    if (typeof url === 'string' && url !== '') return { url, path };
  }
  return undefined;
}

/** The schema reports a value that is not text. */
function checkEndpoint(
  config: LinkConfig,
  path: EndpointPath,
  report: (problem: LinkProblem) => void,
): void {
  const url = fieldAt(config, path);
  if (typeof url !== 'string') return;
  if (url !== '') {
    // Not quoted, because it may contain a password.
    const message = 'is not an http or https URL without user and password';
    if (!isPlainUrl(url)) report({ path, message });
    return;
  }
  // A literal empty text means no endpoint. If a tag returned an empty text, the request must not
  // go to AWS instead.
  const tag = config.tagAt?.(path);
  if (tag === undefined) return;
  const variable = variableOfTag(tag);
  report({
    path,
    message: describeEmptyTag(tag),
    ...(variable === undefined ? {} : { hint: setVariable(variable, placeholder('url')) }),
  });
}

function fieldAt(config: LinkConfig, path: EndpointPath): unknown {
  const [part, ...keys] = path;
  const first = isProvider(config) ? config.settings[part] : config[part];
  return keys.reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), first);
}
