import { isAtmosError, type ErrorCode } from '../core/errors.ts';
import type { Hint } from '../core/hint.ts';

/** What is wrong with a configuration, or doubtful, or worth knowing. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning' | 'note';
  /** Of the error that using it gives. Null where nothing fails. */
  readonly code: ErrorCode | null;
  readonly path: readonly string[];
  readonly message: string;
  /** Whether the message is whole. Else it follows the name of its place: `is not known`. */
  readonly isWhole: boolean;
  readonly hints: readonly Hint[];
}

/** Told of each finding. */
export type ReportProblem = (finding: ConfigProblem) => void;

/** What makes a configuration invalid, at a path of it. */
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

/** What is right, but has no effect. */
export function noteAt(path: readonly string[], message: string): ConfigProblem {
  return { ...warningAt(path, message), severity: 'note' };
}

/** Reports the error of ours that `check` throws as one about that path. */
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
