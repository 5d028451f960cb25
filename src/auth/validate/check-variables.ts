import { warningAt, type ReportFinding } from '../../app/config-problem.ts';
import type { Config } from '../../config/config.ts';
import { classOf, type Variable } from '../../core/variables.ts';

/** Tells of variables that no program gets. */
export function checkVariables(
  { env, identities }: Pick<Config, 'env' | 'identities'>,
  report: ReportFinding,
): void {
  const check = (variable: Variable, path: readonly string[]) => {
    if (classOf(variable.key, variable.value) !== 'refused') return;
    const message =
      'is never set: it loads code, is run as a command, or decides whose credentials count';
    report(warningAt(path, message));
  };
  for (const variable of env) check(variable, ['env', variable.key]);
  for (const { name, env: variables } of identities) {
    for (const [at, variable] of variables.entries()) {
      check(variable, ['auth', 'identities', name, 'env', String(at), 'key']);
    }
  }
}
