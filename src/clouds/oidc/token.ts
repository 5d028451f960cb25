import {
  checkSettings,
  ConfigurationError,
  type LinkProblem,
} from '../../core/configuration-error.ts';
import { placeholder, say, setVariable } from '../../core/hint.ts';
import {
  describeEmptyTag,
  quoteValue,
  showForConsent,
  valueOf,
  variableOfTag,
  withoutAbsent,
} from '../../core/json.ts';
import type { Provider, TrustNeed } from '../../core/kind-config.ts';
import { isMap, mapOf, setting, text } from '../../core/validate.ts';
import { isVariableName } from '../../core/variable-name.ts';
import type { LinkPlan, PlannedSetting, ProviderKind } from '../contract.ts';
import { plannedCommand } from '../planned-command.ts';
import { checkRegion } from '../region-name.ts';
import type { TokenSettings, TokenSource } from './token-source.ts';

const schema = mapOf({
  region: setting(text, 'The AWS region of identities that are opened with it and name none.'),
  spec: setting(
    mapOf({
      file: setting(
        text,
        'The file with the token, read again for each session. A relative path starts from the directory of the file that contains it. Exactly one of `file`, `variable` and `command` is required.',
        { isPath: true },
      ),
      variable: setting(text, 'The environment variable with the token.'),
      command: setting(
        text,
        "A command that prints the token, run by the shell, for at most 20 seconds. In a project's file it requires trust.",
        { isCommand: true },
      ),
      audience: setting(
        text,
        'The audience that the token must be for. A token for another one is not sent.',
        { otherwise: 'any' },
      ),
      issuer: setting(text, 'The issuer that the token must be from.', { otherwise: 'any' }),
    }),
    'Where the token comes from, and what it must say.',
  ),
});

/**
 * `oidc/token`: a token of an OpenID Connect issuer that something else provides: a file (Kubernetes),
 * a variable (GitLab, CircleCI) or a command (Buildkite). It is read each time that a session is
 * opened, and never stored.
 */
export const oidcToken: ProviderKind = {
  takes: [],
  gives: 'oidc',
  schema,
  trustNeeds,
  plan,
};

const sources: readonly TokenSource['kind'][] = ['file', 'variable', 'command'];

function trustNeeds({ settings, tagAt }: Provider): readonly TrustNeed[] {
  const command = isMap(settings['spec']) ? settings['spec']['command'] : undefined;
  if (typeof command !== 'string' || command === '') return [];
  const path = ['spec', 'command'];
  const shown = showForConsent({ value: command, tag: tagAt(path) });
  return [{ path, what: `runs the token command ${shown}` }];
}

function plan(provider: Provider): LinkPlan {
  const { region, ...settings } = readSettings(provider);
  const { source, audience, issuer } = settings;
  return {
    name: provider.name,
    kind: provider.kind,
    gives: 'oidc',
    slot: 'nothing',
    storedKey: 'none',
    ...withoutAbsent({ region }),
    fingerprint: {
      [`spec.${source.kind}`]: plannedSource(source, provider),
      'spec.audience': planned('audience', audience, provider),
      'spec.issuer': planned('issuer', issuer, provider),
    },
    open: async (context) => {
      const { readToken } = await import('./token-source.ts');
      return readToken(provider, settings, context);
    },
  };
}

/** A relative path names another file in another directory. */
function plannedSource({ kind, value }: TokenSource, provider: Provider): PlannedSetting {
  const path = ['spec', kind];
  if (kind === 'command') return plannedCommand(value, provider.besideFile('.', path));
  return planned(kind, kind === 'file' ? provider.besideFile(value, path) : value, provider);
}

function planned(key: string, value: string | undefined, { tagAt }: Provider): PlannedSetting {
  const tag = value === undefined ? undefined : tagAt(['spec', key]);
  return { value: value ?? null, ...(tag === undefined ? {} : { shown: valueOf(tag) }) };
}

/** @throws ERR_CONFIG_INVALID with each place in the file */
function readSettings(provider: Provider): TokenSettings & { readonly region?: string } {
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  const { spec = {}, ...others } = checkSettings(provider, schema, report) ?? {};
  const region = others.region || undefined;
  checkRegion(provider, ['region'], region, report);
  const field = (key: keyof typeof spec) => {
    const tag = provider.tagAt(['spec', key]);
    if (spec[key] === '' && tag !== undefined) report(emptyTag(['spec', key], tag));
    return spec[key] || undefined;
  };
  const given = sources.flatMap((kind) => {
    const value = field(kind);
    return value === undefined ? [] : [{ kind, value }];
  });
  const [source] = given;
  if (problems.length === 0 && (source === undefined || given.length > 1)) {
    report({
      path: source === undefined ? [] : ['spec'],
      message:
        source === undefined
          ? 'has no spec.file, spec.variable or spec.command, which the kind oidc/token needs'
          : `contains ${given.map(({ kind }) => kind).join(' and ')}, but only one is allowed`,
      hint: say('set exactly one of spec.file, spec.variable and spec.command'),
    });
  }
  if (source?.kind === 'variable' && !isVariableName(source.value)) {
    const path = ['spec', 'variable'];
    const shown = quoteValue({ value: source.value, tag: provider.tagAt(path) });
    report({ path, message: `is not a name for an environment variable: ${shown}` });
  }
  const [audience, issuer] = [field('audience'), field('issuer')];
  if (source === undefined || problems.length > 0) throw new ConfigurationError(provider, problems);
  return { source, ...withoutAbsent({ region, audience, issuer }) };
}

function emptyTag(path: readonly string[], tag: string): LinkProblem {
  const variable = variableOfTag(tag);
  return {
    path,
    message: describeEmptyTag(tag),
    ...(variable === undefined ? {} : { hint: setVariable(variable, placeholder('value')) }),
  };
}
