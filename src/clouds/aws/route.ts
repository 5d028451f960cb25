// How requests reach a service of AWS, for `keyring doctor`. Loaded only for that.

import { isAtmosError } from '../../core/errors.ts';
import { systemCertificates } from '../../host/certificates.ts';
import type { Host } from '../../host/host.ts';
import type { Route } from '../contract.ts';
import { proxyFor } from '../proxy.ts';
import { readBundle } from '../transport.ts';
import { checkEndpointVariable, type ChosenEndpoint } from './endpoint-variables.ts';
import { isPlainUrl } from './endpoint.ts';
import { meetEndpoint } from './meet-endpoint.ts';

/**
 * The route of requests to one service.
 *
 * @param regional the endpoint of AWS
 */
export function routeTo(
  chosen: ChosenEndpoint,
  regional: () => URL,
  { env }: Pick<Host, 'env'>,
): Route {
  const { endpoint, endpointVariable } = chosen;
  if (endpoint !== undefined && !isPlainUrl(endpoint)) {
    return withFault({ endpoint: `the value of ${endpointVariable}` }, () =>
      checkEndpointVariable(chosen, env),
    );
  }
  const url = endpoint === undefined ? regional() : new URL(endpoint);
  const known: Route = { endpoint: url.origin };
  return withFault(known, () => {
    checkEndpointVariable(chosen, env);
    const bundle = url.protocol === 'https:' ? env['AWS_CA_BUNDLE'] || undefined : undefined;
    const certificates = bundle === undefined ? undefined : [readBundle(bundle)];
    const proxy = proxyFor(url, env);
    const trusted =
      certificates === undefined ? [() => undefined, systemCertificates] : [() => certificates];
    return {
      ...known,
      ...(proxy && { proxy: { url: proxy.url.origin, variable: proxy.variable } }),
      ...(bundle === undefined ? {} : { certificates: { value: bundle, source: 'AWS_CA_BUNDLE' } }),
      meet: (timeoutMs) => meetEndpoint({ url, proxy, trusted, timeoutMs }),
    };
  });
}

function withFault(known: Route, find: () => Route | void): Route {
  try {
    return find() ?? known;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return { ...known, fault: error };
  }
}
