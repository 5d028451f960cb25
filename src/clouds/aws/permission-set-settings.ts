// Reads and checks the configuration of an identity of kind aws/permission-set.

import { checkPart, ConfigurationError, type LinkProblem } from '../../core/configuration-error.ts';
import { describeEmptyTag, quoteValue, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { mapOf, setting, text } from '../../core/validate.ts';
import type { LinkPlan } from '../contract.ts';
import { endpointSchema, readEndpoint, type EndpointSettings } from './endpoint-settings.ts';
import type { ChosenEndpoint } from './endpoint-variables.ts';
import { checkRegion, partitionOf } from './regions.ts';
import type { SsoTarget } from './sso-endpoint.ts';

const principal = mapOf({
  name: setting(text, 'The name of the permission set. Required.'),
  account: setting(
    mapOf({
      id: setting(text, 'The number of the account, 12 digits.'),
      name: setting(
        text,
        'The name of the account, as the portal shows it. It is looked up whenever a session is opened.',
      ),
    }),
    'The account. Exactly one of `id` and `name` is required.',
  ),
  region: setting(text, 'The region that programs receive. By default that of the provider.'),
});

export const schemas = { principal, spec: endpointSchema };

/** The checked configuration of the identity. Empty text counts as absent, because of `!env`. */
export interface PermissionSetSettings {
  /** The name of the permission set. */
  readonly role: string;
  readonly account: { readonly id: string } | { readonly name: string };
  /** As configured. */
  readonly region?: string;
  /** Of AWS STS. */
  readonly endpoint: EndpointSettings;
}

/** An identity with its checked configuration. */
export interface PermissionSet extends Pick<PermissionSetSettings, 'role' | 'account'> {
  readonly identity: Identity;
  /** Of the session. */
  readonly region: string;
  readonly shownRegion?: string;
  readonly portal: SsoTarget;
  /** Where requests to AWS STS go. */
  readonly sts: ChosenEndpoint;
}

export const accountPath = ['principal', 'account'] as const;

/** @throws ERR_CONFIG_INVALID with each place in the file */
export function readPermissionSet(
  identity: Identity,
  base: Pick<LinkPlan, 'name' | 'partition'> | undefined,
): PermissionSetSettings {
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  const given = checkPart(identity, 'principal', principal, report);
  const endpoint = readEndpoint(identity, report);
  if (given === undefined) throw new ConfigurationError(identity, problems);
  const role = given.name ?? '';
  if (!/^[\w+=,.@-]{1,32}$/.test(role)) {
    const path = ['principal', 'name'];
    const shown = quoteValue({ value: role, tag: identity.tagAt?.(path) });
    const missing = given.name === undefined ? 'is missing' : 'is empty';
    const invalid = `is not the name of a permission set: ${shown}`;
    report({ path, message: role === '' ? missing : invalid });
  }
  const account = accountIn(identity, given.account ?? {}, report);
  const region = given.region || undefined;
  checkRegion(identity, ['principal', 'region'], region, report);
  checkPartition(identity, region, base, report);
  if (problems.length > 0) throw new ConfigurationError(identity, problems);
  return { endpoint, role, account, ...withoutAbsent({ region }) };
}

function accountIn(
  identity: Identity,
  { id, name }: { readonly id?: string; readonly name?: string },
  report: (problem: LinkProblem) => void,
): PermissionSetSettings['account'] {
  const path = (key: string) => [...accountPath, key];
  const tagAt = (key: string) => identity.tagAt?.(path(key));
  if (id) {
    if (!/^\d{12}$/.test(id)) {
      const shown = quoteValue({ value: id, tag: tagAt('id') });
      const message = `is not the number of an account, 12 digits: ${shown}`;
      report({ path: path('id'), message });
    }
    if (name) {
      const message = 'has an id and a name, but only one is allowed';
      report({ path: [...accountPath], message });
    }
    return { id };
  }
  // An account that a variable was to name must not be replaced by another one.
  const tag = id === '' ? tagAt('id') : undefined;
  if (tag !== undefined) report({ path: path('id'), message: describeEmptyTag(tag) });
  if (name) return { name };
  const nameTag = name === '' ? tagAt('name') : undefined;
  if (nameTag !== undefined) report({ path: path('name'), message: describeEmptyTag(nameTag) });
  else if (tag === undefined) report({ path: [...accountPath], message: 'has no id and no name' });
  return { name: '' };
}

/** A session is valid in the partition of the portal only. */
function checkPartition(
  { tagAt }: Identity,
  region: string | undefined,
  base: Pick<LinkPlan, 'name' | 'partition'> | undefined,
  report: (problem: LinkProblem) => void,
): void {
  if (region === undefined || base?.partition === undefined) return;
  const own = partitionOf(region);
  if (own === undefined || own === base.partition) return;
  const path = ['principal', 'region'];
  const shown = quoteValue({ value: region, tag: tagAt?.(path) });
  report({
    path,
    message: `is in the partition ${own}: ${shown}, but the portal of ${base.name} is in ${base.partition}`,
  });
}
