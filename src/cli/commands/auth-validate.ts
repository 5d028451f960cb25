import { validate as validateConfig, type ValidationProblem } from '../../app/validate.ts';
import { planAuth } from '../../auth/plan.ts';
import type { Config } from '../../config/load.ts';
import { formatPath } from '../../config/yaml-position.ts';
import { AtmosError } from '../../core/errors.ts';
import { showValue, type Sourced } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadOptions } from '../global-options.ts';
import { warn } from '../plan.ts';
import { withPickedProfiles } from '../profile-choice.ts';
import {
  exitCodeOf,
  formatHints,
  joinHints,
  labelled,
  loadWriteHint,
  type WriteHint,
} from '../report.ts';
import { paint } from '../ui/color.ts';
import { formatRows } from '../ui/table.ts';

/** The exit code of every error in the configuration. */
const invalid = 2;

/** The documented form of `-o json`: always every field. */
interface ValidationJson {
  /** Whether no error was found. Warnings do not count. */
  valid: boolean;
  /** In merge order; empty if an error prevented reading them. */
  files: readonly string[];
  profiles: readonly string[];
  problems: readonly ProblemJson[];
}

interface ProblemJson {
  severity: 'error' | 'warning' | 'note';
  /** The code of the error with which other commands fail. Null if they do not fail. */
  code: string | null;
  /** An absolute path. Null, like line and column, for a finding without a position in a file. */
  file: string | null;
  /** Starts at 1. */
  line: number | null;
  column: number | null;
  /** The path of the key: `auth.keyring.type`. Null for a finding without a key. */
  path: string | null;
  message: string;
  /** How to fix it, on lines. */
  hint: string | null;
}

/**
 * `atmos auth validate`: reports every problem of the configuration on standard error, or as JSON
 * for editors. It exits with 2 if there is an error. It runs nothing.
 */
export async function validate(context: Context, { values, flags }: Invocation): Promise<number> {
  const isJson = values['output'] === 'json';
  const writeHint = await loadWriteHint(context);
  try {
    const { config, findings, warnings } = await validateConfig(
      loadOptions(await withPickedProfiles(context)),
      context.host,
    );
    // The log settings of atmos.yaml are checked here but not used, because they may need trust.
    await context.startLog();
    const isValid = findings.every(({ severity }) => severity !== 'error');
    const { files, profiles } = config;
    if (isJson) {
      const problems = [
        ...findings.map((finding) => problemOf(finding, writeHint)),
        ...warnings.map(unplacedWarning),
      ];
      await print(context, { valid: isValid, files, profiles, problems });
    } else {
      for (const finding of findings) await tell(context, finding, writeHint);
      for (const warning of warnings) await warn(context, warning);
      if (isValid) await tellValid(context, { files, profiles });
      if (flags['verbose']) await context.note(...checkedRows(config, isValid, context.host));
    }
    return isValid ? 0 : invalid;
  } catch (error) {
    if (!isJson || !isOfConfig(error)) throw error;
    await print(context, {
      valid: false,
      files: [],
      profiles: [],
      problems: [unplaced(error, writeHint)],
    });
    return exitCodeOf(error);
  }
}

/** An error that prevents reading the configuration is also reported as JSON. */
function isOfConfig(error: unknown): error is AtmosError {
  return error instanceof AtmosError && /^ERR_(CONFIG|PROFILE)_/.test(error.code);
}

const labels = {
  error: paint('red', 'error:'),
  warning: paint('yellow', 'warning:'),
};

async function tell(
  { note }: Context,
  finding: ValidationProblem,
  writeHint: WriteHint,
): Promise<void> {
  const { severity, text, hints } = finding;
  const lines = severity === 'note' ? [`note: ${text}`] : labelled(labels[severity], [text]);
  await note(...lines, ...formatHints(hints, writeHint));
}

async function tellValid(
  { note, host }: Context,
  { files, profiles }: Pick<ValidationJson, 'files' | 'profiles'>,
): Promise<void> {
  const ofProfiles = profiles.length === 0 ? '' : `, with the profiles ${profiles.join(', ')}`;
  await note(
    ...labelled(paint('green', 'ok:'), [abbreviateHome(`${files.join(', ')}${ofProfiles}`, host)]),
  );
}

/** What was checked. The realm or the keyring may be missing because of an error. */
function checkedRows(config: Config, isValid: boolean, host: Host): string[] {
  const { realm, keyring } = isValid ? planAuth(config, host) : {};
  const show = (setting?: Sourced<string>) => setting && `${setting.value} (${setting.source})`;
  const kindOf = ({ kind, tagAt }: Identity) =>
    showValue({ value: kind, tag: tagAt?.(['kind']) }) || 'no kind';
  const rows = formatRows([
    ['Files', config.files.join(', ')],
    ['Profiles', config.profiles.join(', ')],
    ['Realm', show(realm)],
    ['Keyring', show(keyring?.type)],
    ['Providers', config.providers.map(({ name }) => name).join(', ')],
    ['Identities', config.identities.map((one) => `${one.name} (${kindOf(one)})`).join(', ')],
  ]);
  return rows.map((row) => abbreviateHome(row, host));
}

async function print({ outJson }: Context, validation: ValidationJson): Promise<void> {
  await outJson(validation);
}

function problemOf(finding: ValidationProblem, writeHint: WriteHint): ProblemJson {
  const { severity, code, file, line, column, path, message, hints } = finding;
  return {
    severity,
    code,
    file,
    line,
    column,
    path: path.length === 0 ? null : formatPath(path),
    message,
    hint: joinHints(hints, writeHint),
  };
}

const nowhere = { file: null, line: null, column: null, path: null };

function unplaced(
  { code, message, hintValues: hints }: AtmosError,
  writeHint: WriteHint,
): ProblemJson {
  return { severity: 'error', code, ...nowhere, message, hint: joinHints(hints, writeHint) };
}

function unplacedWarning(message: string): ProblemJson {
  return { severity: 'warning', code: null, ...nowhere, message, hint: null };
}
