import {
  checkSettings,
  ConfigurationError,
  type LinkProblem,
} from '../../core/configuration-error.ts';
import { say } from '../../core/hint.ts';
import { describeEmptyTag, valueOf, withoutAbsent } from '../../core/json.ts';
import type { Provider } from '../../core/kind-config.ts';
import { mapOf, setting, text } from '../../core/validate.ts';
import type { LinkPlan, ProviderKind } from '../contract.ts';
import { checkRegion } from '../region-name.ts';

const schema = mapOf({
  region: setting(text, 'The AWS region of identities that are opened with it and name none.'),
  spec: setting(
    mapOf({
      audience: setting(
        text,
        'The audience of the token, for AWS `sts.amazonaws.com`. Required. A token for another one is not sent.',
      ),
    }),
    'What the token must say.',
  ),
});

/**
 * `github/oidc`: the token of a job of GitHub Actions that has the permission `id-token: write`. A new
 * one is requested each time that a session is opened, and never stored.
 */
export const githubOidc: ProviderKind = {
  takes: [],
  gives: 'oidc',
  schema,
  // Requests go to the service that the environment of the job names.
  trustNeeds: () => [],
  plan,
};

const audiencePath = ['spec', 'audience'];

function plan(provider: Provider): LinkPlan {
  const { audience, region } = readSettings(provider);
  const tag = provider.tagAt(audiencePath);
  return {
    name: provider.name,
    kind: provider.kind,
    gives: 'oidc',
    slot: 'nothing',
    storedKey: 'none',
    ...withoutAbsent({ region }),
    fingerprint: {
      'spec.audience': { value: audience, ...withoutAbsent({ shown: tag && valueOf(tag) }) },
    },
    open: async (context) => (await import('./request-token.ts')).openToken(audience, context),
  };
}

/** @throws ERR_CONFIG_INVALID */
function readSettings(provider: Provider): { readonly audience: string; readonly region?: string } {
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  const { spec = {}, ...others } = checkSettings(provider, schema, report) ?? {};
  const { audience } = spec;
  const region = others.region || undefined;
  checkRegion(provider, ['region'], region, report);
  if (audience && problems.length === 0) return { audience, ...withoutAbsent({ region }) };
  if (problems.length > 0) throw new ConfigurationError(provider, problems);
  const tag = provider.tagAt(audiencePath);
  throw new ConfigurationError(provider, [
    audience === '' && tag !== undefined
      ? { path: audiencePath, message: describeEmptyTag(tag) }
      : {
          path: [],
          message: 'has no spec.audience, which the kind github/oidc needs',
          hint: say('set spec.audience, for AWS to sts.amazonaws.com'),
        },
  ]);
}
