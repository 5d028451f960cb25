// How requests reach AWS STS, for `keyring doctor`. Loaded only for that.

import type { Host } from '../../host/host.ts';
import type { Route } from '../contract.ts';
import { endpointVariant, type ChosenEndpoint } from './endpoint-variables.ts';
import { routeTo } from './route.ts';
import { endpointOf } from './sts-client.ts';

/** The route of requests of one identity. Loads the AWS SDK, whose rules know the endpoints. */
export async function stsRoute(
  chosen: ChosenEndpoint & { readonly region: string },
  host: Pick<Host, 'env'>,
): Promise<Route> {
  const regional = () => endpointOf(chosen.region, endpointVariant(chosen, host.env));
  return routeTo(chosen, regional, host);
}
