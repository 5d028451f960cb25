import { AtmosError } from './errors.ts';
import { distinctHints, type Hint } from './hint.ts';
import type { Identity, IdentityPart } from './kind-config.ts';
import { checkShape, describeProblem, type GenericSchema } from './validate.ts';

/** Something wrong within an identity. */
export interface IdentityProblem {
  /** From the identity on: `['spec', 'endpoint_url']`. */
  readonly path: readonly string[];
  /** Follows the name of the place: `must be text, not a map`. Shows no secret. */
  readonly message: string;
  readonly hint?: Hint;
}

/** All that is wrong with what an identity says for its kind, each problem a line of the message. */
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

/** A part of the identity in the shape that its kind gives it, or undefined when that was reported. */
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
