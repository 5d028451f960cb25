import type { Host } from '../host/host.ts';
import { parseYaml } from './parse.ts';
import type { ConfigFile } from './places.ts';
import { throwProblems, type Problem } from './problems.ts';
import { resolveTags } from './resolve-tags.ts';

/** @throws ERR_CONFIG_SYNTAX, and ERR_CONFIG_INVALID for tags that cannot be resolved */
export function parseConfigFile(
  file: { path: string; text: string },
  host: Pick<Host, 'env'>,
): ConfigFile {
  const { data, root } = parseYaml(file);
  const problems: Problem[] = [];
  const settings = resolveTags(data, ['auth', 'profiles'], {
    file: file.path,
    env: host.env,
    report: (problem) => problems.push(problem),
  });
  const { import: imports = [] } = data;
  const hasImport = imports !== null && !(Array.isArray(imports) && imports.length === 0);
  const parsed = { ...file, settings, hasImport, root };
  throwProblems(problems, [parsed]);
  return parsed;
}
