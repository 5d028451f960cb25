import { AtmosError } from './errors.ts';
import { distinctHints, type Hint } from './hint.ts';
import type { Identity, IdentityPart } from './kind-config.ts';
import { checkShape, describeProblem, type GenericSchema } from './validate.ts';

/** An error in the configuration of an identity. */
export interface IdentityProblem {
  /** Relative to the identity: `['spec', 'endpoint_url']`. */
  readonly path: readonly string[];
  /** Completes a message after the name of the place: `must be text, not a map`. Contains no secret. */
  readonly message: string;
  readonly hint?: Hint;
}

/** All problems in the configuration of an identity, one per line of the message. */
export class IdentityError extends AtmosError {
  readonly problems: readonly IdentityProblem[];

  /** @param problems at least one */
  constructor(identity: Pick<Identity, 'name' | 'locate'>, problems: readonly IdentityProblem[]) {
    const lines = problems.map(
      ({ path, message }) =>
        `${path.join('.')} of identity ${identity.name} (${identity.locate(path)}) ${message}`,
    );
    super('ERR_CONFIG_INVALID', lines, {
      hints: distinctHints(problems.flatMap(({ hint }) => hint ?? [])),
    });
    this.problems = problems;
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
  report: (problem: IdentityProblem) => void,
): T | undefined {
  return checkShape(schema, identity[part], (problem) => {
    const path = [part, ...problem.path];
    const isHidden = part === 'credentials' || identity.tagAt?.(path) !== undefined;
    report({ path, message: describeProblem(problem, isHidden) });
  });
}
