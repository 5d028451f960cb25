import { findHandlePaths } from '../auth/handle.ts';
import { handleOf, type ProjectPlan } from '../auth/plan.ts';
import type { Identity } from '../core/kind-config.ts';
import { changedHost, type Host } from '../host/host.ts';
import { secretVariablesOf } from '../keyring/registry.ts';
import { choiceVariables } from './choose-identity.ts';
import { commandFor, foreseen, processCommand, withoutRecorded } from './export-environment.ts';
import { sortOut, withIdentityVariables } from './program-environment.ts';

// Separate from export-environment.ts, which every `auth env` loads.

const redacted = '***REDACTED***';

/**
 * What `auth env` sets for an identity, for `whoami`: writes no file and holds no secret. The
 * values of the identity's `env:` are not included, because a name does not show whether a value is
 * secret.
 */
export async function describeEnvironment(
  plan: ProjectPlan,
  identity: Identity,
  host: Host,
): Promise<Readonly<Record<string, string>>> {
  const paths = findHandlePaths(handleOf(plan, identity.name, host), host);
  const { cloud, region, defaultRegion } = await foreseen(identity);
  const env = withoutRecorded(host.env);
  const commandOf = await processCommand(cloud, host);
  const hasProfile = commandOf('a') !== undefined;
  const profile = { command: commandFor(paths, commandOf), region: region ?? defaultRegion };
  const userProfile = await cloud.process.findUserProfile(profile, changedHost(host, { env }));
  const { awsConfig: configFile, empty: emptyFile } = paths;
  const place = { identity: identity.name, userProfile, configFile, emptyFile, region };
  const { set } = cloud.process.environment(place);
  const choice = choiceVariables(plan.config, identity, env);
  const named = { set: { ...(hasProfile ? set : {}), ...choice }, unset: [] };
  const said = sortOut(identity.env, secretVariablesOf(plan.keyring)).given;
  const hidden = said.map(({ key }) => ({ key, value: redacted }));
  const change = withIdentityVariables(named, hidden, cloud.regionVariables, host.platform);
  return Object.fromEntries(Object.entries(change.set).sort(([a], [b]) => (a < b ? -1 : 1)));
}
