// Reads and checks the configuration of a provider of kind aws/iam-identity-center.

import {
  checkSettings,
  ConfigurationError,
  type LinkProblem,
} from '../../core/configuration-error.ts';
import { say } from '../../core/hint.ts';
import { describeEmptyTag, quoteValue, withoutAbsent } from '../../core/json.ts';
import type { Provider } from '../../core/kind-config.ts';
import { isPrintable } from '../../core/printable.ts';
import type { InferOutput } from '../../core/validate.ts';
import type { Kept } from '../contract.ts';
import type { ChosenEndpoint } from './endpoint-variables.ts';
import { endpointIn, type EndpointSettings } from './endpoint-settings.ts';
import { readExpectation, type Expectation } from './expectation.ts';
import { schema } from './identity-center-schema.ts';
import { checkRegion, partitionOf } from './regions.ts';
import type { SsoTarget } from './sso-endpoint.ts';
import type { SignInFlow } from './sso-oidc.ts';
import { isAwsPage, normalizeStartUrl, partitionOfHost, regionInHost } from './start-url.ts';

/** The checked configuration of the provider. Empty text counts as absent, because of `!env`. */
export interface CenterSettings extends EndpointSettings {
  /** Normalized: see `normalizeStartUrl`. */
  readonly startUrl: string;
  readonly region: string;
  readonly flow?: SignInFlow;
  readonly callbackPort?: number;
  /** A command. */
  readonly browser?: string;
  readonly session?: string;
  /** Whether the token is shared with the AWS CLI. */
  readonly isShared: boolean;
  readonly listsIdentities: boolean;
  readonly expect: Expectation;
}

/** A provider with its checked configuration. */
export interface Center {
  readonly provider: Provider;
  readonly settings: CenterSettings;
  readonly portal: SsoTarget;
  /** Where requests to AWS STS go. */
  readonly sts: ChosenEndpoint;
}

/** With a token it is kept with whom the person who signed in was compared. */
export const expectedFields = { account: 'expected_account', user: 'expected_user' } as const;

/** Whether the person was compared with everything that is expected. */
export function accepts(
  { expect: { account, user } }: Pick<CenterSettings, 'expect'>,
  { renewal = {} }: Pick<Kept, 'renewal'>,
): boolean {
  return (
    (account === undefined || renewal[expectedFields.account] === account) &&
    (user === undefined || renewal[expectedFields.user] === user)
  );
}

type Report = (problem: LinkProblem) => void;
type Spec = NonNullable<InferOutput<typeof schema>['spec']>;

/** @throws ERR_CONFIG_INVALID with each place in the file */
export function readCenterSettings(provider: Provider): CenterSettings {
  const problems: LinkProblem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const { spec = {}, ...given } = checkSettings(provider, schema, report) ?? {};
  if (problems.length > 0) throw new ConfigurationError(provider, problems);
  const startUrl = startUrlOf(provider, given.start_url, report);
  const region = required(provider, 'region', given.region, report);
  checkRegion(provider, ['region'], region, report);
  if (startUrl !== undefined && region !== undefined)
    checkPlace(provider, startUrl, region, report);
  const settings = {
    ...endpointIn(provider, spec, report),
    startUrl: startUrl ?? '',
    region: region ?? '',
    ...withoutAbsent({
      flow: flowOf(provider, spec.flow, report),
      callbackPort: portOf(provider, spec.callback_port, report),
      browser: spec.browser || undefined,
      session: labelOf(provider, spec.session, report),
    }),
    isShared: isSharedIn(provider, spec, report),
    listsIdentities: given.auto_provision_identities ?? false,
    expect: readExpectation(provider, spec.expect, report),
  };
  if (problems.length > 0) throw new ConfigurationError(provider, problems);
  return settings;
}

function required(
  { tagAt }: Provider,
  key: 'start_url' | 'region',
  value: string | undefined,
  report: Report,
): string | undefined {
  if (value) return value;
  const tag = value === '' ? tagAt([key]) : undefined;
  report(
    tag === undefined
      ? { path: [], message: `has no ${key}, which the kind aws/iam-identity-center needs` }
      : { path: [key], message: describeEmptyTag(tag) },
  );
  return undefined;
}

function startUrlOf(
  provider: Provider,
  given: string | undefined,
  report: Report,
): string | undefined {
  const value = required(provider, 'start_url', given, report);
  const startUrl = value === undefined ? undefined : normalizeStartUrl(value);
  if (value === undefined || startUrl !== undefined) return startUrl;
  report({
    path: ['start_url'],
    // Not quoted, because it may contain a password.
    message: 'is not an https URL without user, password and query',
    hint: say('write it like https://d-1234567890.awsapps.com/start'),
  });
  return undefined;
}

/** The address of a portal of AWS says in which partition it is, and sometimes in which region. */
function checkPlace(provider: Provider, startUrl: string, region: string, report: Report): void {
  const url = new URL(startUrl);
  if (!isAwsPage(url)) return;
  const shown = quoteValue({ value: region, tag: provider.tagAt(['region']) });
  const inHost = regionInHost(url);
  const [portal, own] = [partitionOfHost(url), partitionOf(region)];
  if (own !== undefined && own !== portal) {
    const message = `is in the partition ${own}: ${shown}, but the portal of start_url is in ${portal}`;
    report({ path: ['region'], message });
  } else if (inHost !== undefined && inHost !== region) {
    const message = `is not the region of the portal: ${shown}`;
    const hint = provider.tagAt(['start_url']) === undefined && say(`start_url names ${inHost}`);
    report({ path: ['region'], message, ...(hint && { hint }) });
  }
}

function flowOf(
  { tagAt }: Provider,
  flow: string | undefined,
  report: Report,
): SignInFlow | undefined {
  if (flow === undefined || flow === '' || flow === 'auto') return undefined;
  if (flow === 'browser' || flow === 'device') return flow;
  const path = ['spec', 'flow'];
  const shown = quoteValue({ value: flow, tag: tagAt(path) });
  report({ path, message: `is not auto, browser or device: ${shown}` });
  return undefined;
}

function portOf(
  { tagAt }: Provider,
  port: string | number | undefined,
  report: Report,
): number | undefined {
  if (port === undefined || port === '') return undefined;
  const number = /^\d{1,5}$/.test(String(port)) ? Number(port) : 0;
  if (number >= 1 && number <= 65_535) return number;
  const path = ['spec', 'callback_port'];
  const shown = quoteValue({ value: String(port), tag: tagAt(path) });
  report({ path, message: `is not a port, 1 to 65535: ${shown}` });
  return undefined;
}

function labelOf(
  { tagAt }: Provider,
  label: string | undefined,
  report: Report,
): string | undefined {
  const path = ['spec', 'session'];
  const tag = tagAt(path);
  if (label === '' && tag !== undefined) report({ path, message: describeEmptyTag(tag) });
  if (label === undefined || label === '') return undefined;
  if (label.length > 64 || !isPrintable(label)) {
    report({ path, message: 'is longer than 64 characters, or contains control characters' });
  }
  return label;
}

function isSharedIn(
  { tagAt }: Provider,
  { share, endpoint_url: endpoint }: Spec,
  report: Report,
): boolean {
  if (share === undefined || share === '') return false;
  const path = ['spec', 'share'];
  if (share !== 'aws-cli') {
    const shown = quoteValue({ value: share, tag: tagAt(path) });
    report({ path, message: `is not aws-cli: ${shown}` });
  } else if (endpoint !== undefined && endpoint !== '') {
    // The AWS CLI would send the token elsewhere.
    report({ path, message: 'cannot be set together with spec.endpoint_url' });
  }
  return true;
}
