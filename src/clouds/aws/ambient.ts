import { ConfigurationError, type LinkProblem } from '../../core/configuration-error.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { IdentityKind, LinkPlan, PlanContext } from '../contract.ts';
import { endpointSchema, endpointTrustNeeds } from './endpoint-settings.ts';
import {
  environmentRegion,
  outsidePlan,
  outsidePrincipal,
  readOutside,
} from './outside-settings.ts';

/**
 * `aws/ambient`: the AWS credentials that the environment has already: variables, a web identity, a
 * profile of the shared files, or the role of a container or an instance. Programs find them by
 * themselves. They are read for `auth credential-process`, `auth whoami` and as the base of other
 * identities, each time again, and never stored.
 */
export const awsAmbient: IdentityKind = {
  rootName: 'aws-ambient',
  takes: [],
  gives: 'aws',
  schemas: { principal: outsidePrincipal, spec: endpointSchema },
  trustNeeds: endpointTrustNeeds,
  plan,
};

function plan(identity: Identity, { env }: PlanContext): LinkPlan {
  const problems: LinkProblem[] = [];
  const settings = readOutside(identity, (problem) => void problems.push(problem));
  if (problems.length > 0) throw new ConfigurationError(identity, problems);
  return {
    ...outsidePlan(identity, settings, env),
    name: identity.name,
    kind: identity.kind,
    gives: 'aws',
    slot: 'nothing',
    isAmbient: true,
    fingerprint: {},
    ...withoutAbsent({ defaultRegion: environmentRegion(env) }),
    refuseLoop: async (host) =>
      (await import('./ambient-credentials.ts')).refuseRunning(identity, host),
    open: async (context) =>
      (await import('./ambient-credentials.ts')).openAmbient(identity, settings, context),
  };
}
