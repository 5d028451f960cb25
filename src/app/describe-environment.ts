import { findHandlePaths } from '../auth/handle.ts';
import { handleOf, type ProjectPlan } from '../auth/plan.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { changedHost, type Host } from '../host/host.ts';
import { secretVariablesOf } from '../keyring/registry.ts';
import { choiceVariables } from './choose-identity.ts';
import {
  commandFor,
  processCommand,
  withoutRecorded,
  type Foreseen,
} from './export-environment.ts';
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
  known: Foreseen,
  host: Host,
): Promise<Readonly<Record<string, string>>> {
  const env = withoutRecorded(host.env);
  const set = await profileVariables(plan, identity, known, changedHost(host, { env }));
  const choice = choiceVariables(plan.config, identity, env);
  const named = { set: { ...set, ...choice }, unset: [] };
  const said = sortOut(identity.env, secretVariablesOf(plan.keyring)).given;
  const hidden = said.map(({ key }) => ({ key, value: redacted }));
  const change = withIdentityVariables(
    named,
    hidden,
    known.cloud?.regionVariables ?? [],
    host.platform,
  );
  return Object.fromEntries(Object.entries(change.set).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The variables that name the profile. None where programs use the credentials of their environment. */
async function profileVariables(
  plan: ProjectPlan,
  { name }: Identity,
  { cloud, isAmbient, region, defaultRegion }: Foreseen,
  host: Host,
): Promise<Readonly<Record<string, string>>> {
  if (cloud === undefined || isAmbient) return {};
  const commandOf = await processCommand(cloud, host);
  if (commandOf('a') === undefined) return {};
  const paths = findHandlePaths(handleOf(plan, name, host), host);
  const { awsConfig: configFile, empty: emptyFile } = paths;
  const command = commandFor(paths, commandOf);
  const written = region ?? defaultRegion;
  const userProfile = await cloud.process.findUserProfile(
    { command, ...withoutAbsent({ region: written }) },
    host,
  );
  const place = { identity: name, configFile, emptyFile, userProfile, region };
  return cloud.process.environment(place).set;
}
