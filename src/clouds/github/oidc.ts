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

const schema = mapOf({
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
  const audience = readAudience(provider);
  const tag = provider.tagAt(audiencePath);
  return {
    name: provider.name,
    kind: provider.kind,
    gives: 'oidc',
    slot: 'nothing',
    storedKey: 'none',
    fingerprint: {
      'spec.audience': { value: audience, ...withoutAbsent({ shown: tag && valueOf(tag) }) },
    },
    open: async (context) => (await import('./request-token.ts')).openToken(audience, context),
  };
}

/** @throws ERR_CONFIG_INVALID */
function readAudience(provider: Provider): string {
  const problems: LinkProblem[] = [];
  const { spec = {} } =
    checkSettings(provider, schema, (problem) => void problems.push(problem)) ?? {};
  const { audience } = spec;
  if (audience) return audience;
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
