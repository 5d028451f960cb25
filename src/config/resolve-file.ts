import type { Host } from '../host/host.ts';
import type { ConfigFile, IncludedFile } from './config-file.ts';
import type { Origin } from './layer.ts';
import type { YamlDocument } from './parse.ts';
import { locateProblem, type LocatedProblem, type Problem } from './problems.ts';
import { resolveTags } from './tags/resolve.ts';

export interface FileToParse {
  readonly path: string;
  readonly text: string;
  readonly origin: Origin;
  readonly profile?: string | undefined;
}

export interface ParseOptions {
  readonly host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>;
  readonly report: (problem: LocatedProblem) => void;
}

/**
 * A file with resolved tags. `!exec` commands are recorded, not run. A tag that cannot be resolved
 * is reported, and its value left out.
 *
 * @param parts the top-level keys to keep
 * @throws {ConfigError}
 */
export function resolveFile(
  file: FileToParse,
  { data, root }: YamlDocument,
  parts: readonly string[],
  { host, report }: ParseOptions,
): ConfigFile {
  const problems: Problem[] = [];
  const included: IncludedFile[] = [];
  const { settings, commands, tagged } = resolveTags(data, parts, {
    file,
    host,
    report: (problem) => void problems.push(problem),
    onInclude: (one) => void included.push(one),
  });
  const parsed = { ...file, written: data, settings, commands, tagged, included, root };
  for (const problem of problems) report(locateProblem({ ...problem, file: parsed }, [parsed]));
  return parsed;
}
