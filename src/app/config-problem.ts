import { isAtmosError, type ErrorCode } from '../core/errors.ts';
import type { Hint } from '../core/hint.ts';

/** An error, warning or note about a configuration. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning' | 'note';
  /** The code of the error when it is used. Null if nothing fails. */
  readonly code: ErrorCode | null;
  readonly path: readonly string[];
  readonly message: string;
  /** Whether the message is a full sentence. Otherwise it follows the path: `is not known`. */
  readonly isWhole: boolean;
  readonly hints: readonly Hint[];
}

/** Called with each finding. */
export type ReportProblem = (finding: ConfigProblem) => void;

/** An error at a path of the configuration. */
export function invalidAt(path: readonly string[], message: string, hint?: Hint): ConfigProblem {
  return {
    severity: 'error',
    code: 'ERR_CONFIG_INVALID',
    path,
    message,
    isWhole: false,
    hints: hint === undefined ? [] : [hint],
  };
}

export function warningAt(path: readonly string[], message: string, hint?: Hint): ConfigProblem {
  return { ...invalidAt(path, message, hint), severity: 'warning', code: null };
}

/** A note about a valid setting that has no effect, or not yet. */
export function noteAt(path: readonly string[], message: string): ConfigProblem {
  return { ...warningAt(path, message), severity: 'note' };
}

/** Reports an AtmosError that `check` throws as a finding at that path. */
export function reportErrorAt(
  path: readonly string[],
  check: () => void,
  report: (finding: ConfigProblem) => void,
): void {
  try {
    check();
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    const { code, message, hintValues: hints } = error;
    report({ severity: 'error', code, path, message, isWhole: true, hints });
  }
}
