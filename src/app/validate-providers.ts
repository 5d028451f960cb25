import type { Config } from '../config/config.ts';
import type { IntegrationEntry } from '../config/entries.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue } from '../core/json.ts';
import type { Provider } from '../core/kind-config.ts';
import { nearestName } from '../core/names.ts';
import { isMap } from '../core/validate.ts';
import { invalidAt, warningAt, type ReportProblem } from './config-problem.ts';
import { checkVia, type Named } from './validate-references.ts';

/**
 * Kinds of providers of Atmos, each with the settings that Atmos requires. No kind of provider
 * works yet.
 */
const atmosProviderKinds: Readonly<Record<string, readonly string[]>> = {
  'aws/iam-identity-center': ['start_url', 'region'],
  'aws/saml': ['url', 'region'],
  'github/oidc': ['spec.audience'],
  'azure/cli': ['spec.tenant_id'],
  'azure/device-code': ['spec.tenant_id'],
  'azure/interactive': ['spec.tenant_id'],
  'azure/oidc': ['spec.tenant_id', 'spec.client_id'],
  'gcp/adc': [],
  'gcp/workload-identity-federation': ['spec.project_number'],
  'atmos/pro': [],
  mock: [],
  'mock/aws': [],
};

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
 * Checks the kinds of providers, none of which is supported yet, and the settings that Atmos
 * requires.
 */
export function checkProviders(
  { providers }: Pick<Config, 'providers'>,
  report: ReportProblem,
): void {
  for (const provider of providers) {
    const path = ['auth', 'providers', provider.name];
    if (!checkKind(path, provider, Object.keys(atmosProviderKinds), report)) continue;
    for (const setting of atmosProviderKinds[provider.kind] ?? []) {
      if (isSaid(provider.settings, setting.split('.'))) continue;
      const message = `has no ${setting}, which the kind ${provider.kind} needs`;
      report(invalidAt(path, message));
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
      atmosIntegrationKinds,
      report,
    );
    checkVia('integrations', integration, config, report);
    reportMissingVia(integration, report);
  }
}

/** Whether it has a kind that Atmos knows. */
function checkKind(
  at: readonly string[],
  { kind, tagAt }: Pick<Provider, 'kind' | 'tagAt'>,
  known: readonly string[],
  report: ReportProblem,
): boolean {
  const path = [...at, 'kind'];
  if (known.includes(kind)) {
    report(warningAt(path, `is ${kind}, which this version does not support`));
    return true;
  }
  if (kind === '') {
    // A profile or another file may set it.
    report(warningAt(path, 'is missing'));
    return false;
  }
  const [hint = say(`kinds of Atmos: ${known.join(', ')}`)] = didYouMean(nearestName(kind, known));
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
