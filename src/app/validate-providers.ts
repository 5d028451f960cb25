import { otherProviderKinds, providerKindOf, providerKinds } from '../clouds/registry.ts';
import type { Config } from '../config/config.ts';
import type { IntegrationEntry } from '../config/entries.ts';
import { ConfigurationError } from '../core/configuration-error.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue } from '../core/json.ts';
import type { Provider } from '../core/kind-config.ts';
import { nearestName } from '../core/names.ts';
import { findUnknownPaths, isMap, keysForAtmos } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import { invalidAt, noteAt, warningAt, type ReportProblem } from './config-problem.ts';
import { checkVia, type Named } from './validate-references.ts';

/** The settings that Atmos requires for kinds that this version does not support. */
const settingsOfAtmos: Readonly<Record<string, readonly string[]>> = {
  'aws/saml': ['url', 'region'],
  'azure/cli': ['spec.tenant_id'],
  'azure/device-code': ['spec.tenant_id'],
  'azure/interactive': ['spec.tenant_id'],
  'azure/oidc': ['spec.tenant_id', 'spec.client_id'],
  'gcp/workload-identity-federation': ['spec.project_number'],
};

/** The keys that every provider may have, whatever its kind. `auth list` shows them. */
const commonKeys: ReadonlySet<string> = new Set(['kind', 'default', 'tags']);

/** Keys of kinds of Atmos that the supported kinds do not use. */
const otherKeysForAtmos: ReadonlySet<string> = new Set(['session', 'console']);

/** Kinds of integrations of Atmos. No kind is supported. */
const atmosIntegrationKinds: readonly string[] = [
  'aws/ecr',
  'aws/ecr-public',
  'aws/eks',
  'azure/acr',
  'azure/aks',
  'gcp/gke',
  'github/sts',
];

/**
 * Checks the kinds of providers and their settings. For a kind that is not supported these are the
 * ones that Atmos requires.
 */
export async function checkProviders(
  { providers }: Pick<Config, 'providers'>,
  env: Host['env'],
  report: ReportProblem,
): Promise<void> {
  const known = { supported: providerKinds, others: otherProviderKinds };
  for (const provider of providers) {
    const path = ['auth', 'providers', provider.name];
    if (providerKinds.includes(provider.kind)) await checkSettings(path, provider, env, report);
    if (!checkKind(path, provider, known, report)) continue;
    for (const setting of settingsOfAtmos[provider.kind] ?? []) {
      if (isSaid(provider.settings, setting.split('.'))) continue;
      const message = `has no ${setting}, which the kind ${provider.kind} needs`;
      report(invalidAt(path, message));
    }
  }
}

async function checkSettings(
  at: readonly string[],
  provider: Provider,
  env: Host['env'],
  report: ReportProblem,
): Promise<void> {
  const kind = await providerKindOf(provider);
  for (const { path, nearest } of findUnknownPaths(provider.settings, kind.schema)) {
    const key = path.length === 1 ? path.join() : undefined;
    if (key !== undefined && commonKeys.has(key)) continue;
    if (key !== undefined && otherKeysForAtmos.has(key)) {
      report(noteAt([...at, key], `is not used by the kind ${provider.kind}`));
      continue;
    }
    report(warningAt([...at, ...path], 'is not known', didYouMean(nearest)[0]));
  }
  for (const key of keysForAtmos(kind.schema).filter((one) => one in provider.settings)) {
    report(noteAt([...at, key], `is not used by the kind ${provider.kind}`));
  }
  try {
    kind.plan(provider, { base: undefined, env });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { path, message, hint } of error.problems) {
      report(invalidAt([...at, ...path], message, hint));
    }
  }
}

/** Checks the kinds of integrations and their `via`. */
export function checkIntegrations(
  config: Named & Pick<Config, 'integrations'>,
  report: ReportProblem,
): void {
  for (const integration of config.integrations) {
    checkKind(
      ['auth', 'integrations', integration.name],
      integration,
      { supported: [], others: atmosIntegrationKinds },
      report,
    );
    checkVia('integrations', integration, config, report);
    reportMissingVia(integration, report);
  }
}

interface KnownKinds {
  readonly supported: readonly string[];
  readonly others: readonly string[];
}

/** Whether it has a kind of Atmos that this version does not support. */
function checkKind(
  at: readonly string[],
  { kind, tagAt }: Pick<Provider, 'kind' | 'tagAt'>,
  { supported, others }: KnownKinds,
  report: ReportProblem,
): boolean {
  const path = [...at, 'kind'];
  if (supported.includes(kind)) return false;
  if (others.includes(kind)) {
    report(warningAt(path, `is ${kind}, which this version does not support`));
    return true;
  }
  if (kind === '') {
    // A profile or another file may set it.
    report(warningAt(path, 'is missing'));
    return false;
  }
  const listed =
    supported.length > 0
      ? `supported kinds: ${supported.join(', ')}`
      : `kinds of Atmos: ${others.join(', ')}`;
  const [hint = say(listed)] = didYouMean(nearestName(kind, [...supported, ...others]));
  const shown = quoteValue({ value: kind, tag: tagAt(['kind']) });
  report(invalidAt(path, `is unknown: ${shown}`, hint));
  return false;
}

/**
 * Empty text, which an unset `!env` gives, counts as set: the variable may be set on another
 * machine.
 */
function isSaid(settings: unknown, [key = '', ...rest]: readonly string[]): boolean {
  const value = isMap(settings) ? settings[key] : undefined;
  return rest.length === 0 ? value !== undefined : isSaid(value, rest);
}

function reportMissingVia({ name, via }: IntegrationEntry, report: ReportProblem): void {
  if (via.identity !== undefined || via.provider !== undefined) return;
  const path = ['auth', 'integrations', name];
  report(warningAt(path, 'has no via.identity or via.provider, so nothing opens it'));
}
