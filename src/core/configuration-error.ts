import { AtmosError } from './errors.ts';
import { distinctHints, say, type Hint } from './hint.ts';
import { quote, withoutAbsent } from './json.ts';
import {
  titleOf,
  type Identity,
  type IdentityPart,
  type LinkConfig,
  type Provider,
} from './kind-config.ts';
import {
  checkShape,
  describeProblem,
  isUnquotedText,
  type GenericSchema,
  type ShapeProblem,
} from './validate.ts';

/** An error in the configuration of an identity or provider. */
export interface LinkProblem {
  /** Relative to the identity or provider: `['spec', 'endpoint_url']`. */
  readonly path: readonly string[];
  /** Completes a message after the name of the place: `must be text, not a map`. Contains no secret. */
  readonly message: string;
  readonly hint?: Hint;
}

/** All problems in the configuration of an identity or provider, one per line of the message. */
export class ConfigurationError extends AtmosError {
  readonly problems: readonly LinkProblem[];
  /** The identity or provider with the problems, as {@link titleOf} names it. */
  readonly subject: string;

  /** @param problems at least one */
  constructor(config: Pick<LinkConfig, 'name' | 'locate'>, problems: readonly LinkProblem[]) {
    const lines = problems.map(
      ({ path, message }) =>
        `${path.length === 0 ? '' : `${path.join('.')} of `}${titleOf(config)} (${config.locate(path)}) ${message}`,
    );
    super('ERR_CONFIG_INVALID', lines, {
      hints: distinctHints(problems.flatMap(({ hint }) => hint ?? [])),
    });
    this.problems = problems;
    this.subject = titleOf(config);
  }
}

/**
 * Parses a part of the identity with the schema of its kind. Returns undefined if problems were
 * reported.
 */
export function checkPart<T>(
  identity: Identity,
  part: IdentityPart,
  schema: GenericSchema<unknown, T>,
  report: (problem: LinkProblem) => void,
): T | undefined {
  return checkShape(schema, identity[part], (problem) => {
    const path = [part, ...problem.path];
    report(linkProblem(identity, path, problem, part === 'credentials'));
  });
}

/**
 * Parses the settings of a provider with the schema of its kind. Returns undefined if problems were
 * reported.
 */
export function checkSettings<T>(
  provider: Provider,
  schema: GenericSchema<unknown, T>,
  report: (problem: LinkProblem) => void,
): T | undefined {
  return checkShape(schema, provider.settings, (problem) => {
    report(linkProblem(provider, problem.path, problem, false));
  });
}

function linkProblem(
  config: LinkConfig,
  path: readonly string[],
  problem: ShapeProblem,
  isSecret: boolean,
): LinkProblem {
  const isTagged = config.tagAt?.(path) !== undefined;
  // Quotes would not change what a tag gives.
  const hint =
    isUnquotedText(problem) && !isTagged ? quotesHint(config.writtenAt?.(path)) : undefined;
  const message = describeProblem(problem, isSecret || isTagged);
  return { path, message, ...withoutAbsent({ hint }) };
}

/**
 * Hint to quote a scalar that was meant as text.
 *
 * @param written as it is in the file. Undefined if it is not known, or may be a secret
 */
export function quotesHint(written: string | undefined): Hint {
  return say(
    written === undefined ? 'write it in quotes' : `write it in quotes: ${quote(written)}`,
  );
}
