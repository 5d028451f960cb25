import type { Host } from '../host/host.ts';
import { parseYaml } from './parse.ts';
import type { Origin } from './layer.ts';
import type { ConfigFile, IncludedFile } from './places.ts';
import { locateProblem, type LocatedProblem, type Problem } from './problems.ts';
import { resolveTags } from './resolve-tags.ts';

/** The parts of atmos.yaml that are ours. All else is left alone. */
const ourParts = ['auth', 'profiles', 'import', 'env', 'base_path', 'logs'];

export interface ParseOptions {
  readonly host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>;
  readonly report: (problem: LocatedProblem) => void;
}

/**
 * A file, understood: its tags resolved but for `!exec`, which is only noted. A tag that cannot be
 * resolved is reported, and its value left out.
 *
 * @throws {ConfigError} for what is no YAML of ours
 */
export function parseConfigFile(
  file: { path: string; text: string; origin: Origin; profile?: string | undefined },
  { host, report }: ParseOptions,
): ConfigFile {
  const { data, root } = parseYaml(file);
  const problems: Problem[] = [];
  const included: IncludedFile[] = [];
  const { settings, commands } = resolveTags(data, ourParts, {
    file,
    host,
    report: (problem) => void problems.push(problem),
    onInclude: (one) => void included.push(one),
  });
  const parsed = { ...file, settings, commands, included, root };
  for (const problem of problems) report(locateProblem({ ...problem, file: parsed }, [parsed]));
  return parsed;
}
