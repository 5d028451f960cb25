import { checkPart, type LinkProblem } from '../../core/configuration-error.ts';
import { placeholder, setVariable } from '../../core/hint.ts';
import { describeEmptyTag, showForConsent, variableOfTag, withoutAbsent } from '../../core/json.ts';
import type { Identity, TrustNeed } from '../../core/kind-config.ts';
import { flag, isMap, mapOf, setting, text } from '../../core/validate.ts';
import { endpointNeeds, isPlainUrl } from './endpoint.ts';

// The settings of an identity that determine where its requests to AWS go, the same for every kind.

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

/** Checks and reads the settings. Empty text counts as absent, because of `!env`. */
export function readEndpoint(
  identity: Identity,
  report: (problem: LinkProblem) => void,
): EndpointSettings {
  const spec = checkPart(identity, 'spec', endpointSchema, report) ?? {};
  for (const path of endpointPaths) checkEndpoint(identity, path, report);
  const endpoint = endpointOf(identity);
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

/** What sending requests to the endpoint of an identity needs trust for. */
export function endpointTrustNeeds(
  identity: Identity,
  sends?: 'signatures' | 'tokens',
): readonly TrustNeed[] {
  const { url, path } = endpointOf(identity) ?? {};
  if (url === undefined || path === undefined || !isPlainUrl(url)) return [];
  const shown = showForConsent({ value: url, tag: identity.tagAt?.(path) });
  return endpointNeeds(url, shown, sends).map((need) => ({ path, ...need }));
}

/**
 * The fields that may contain the endpoint of an identity. The first one that is set is used, as in
 * Atmos.
 */
const endpointPaths = [
  ['spec', 'endpoint_url'],
  ['credentials', 'aws', 'resolver', 'url'],
] as const;

/** The endpoint of an identity, not checked, and the field that contains it. */
function endpointOf(
  identity: Identity,
): { readonly url: string; readonly path: readonly string[] } | undefined {
  for (const path of endpointPaths) {
    const url = fieldAt(identity, path);
    if (typeof url === 'string' && url !== '') return { url, path };
  }
  return undefined;
}

/** The schema reports a value that is not text. */
function checkEndpoint(
  identity: Identity,
  path: (typeof endpointPaths)[number],
  report: (problem: LinkProblem) => void,
): void {
  const url = fieldAt(identity, path);
  if (typeof url !== 'string') return;
  if (url !== '') {
    // Not quoted, because it may contain a password.
    const message = 'is not an http or https URL without user and password';
    if (!isPlainUrl(url)) report({ path, message });
    return;
  }
  // A literal empty text means no endpoint. If a tag returned an empty text, the request must not
  // go to AWS instead.
  const tag = identity.tagAt?.(path);
  if (tag === undefined) return;
  const variable = variableOfTag(tag);
  report({
    path,
    message: describeEmptyTag(tag),
    ...(variable === undefined ? {} : { hint: setVariable(variable, placeholder('url')) }),
  });
}

function fieldAt(identity: Identity, [part, ...keys]: (typeof endpointPaths)[number]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (isMap(value) ? value[key] : undefined),
    identity[part],
  );
}
