import type { ConfigFile } from './config-file.ts';
import { parseYaml } from './parse.ts';
import type { FileToParse, ParseOptions } from './resolve-file.ts';
import { withoutEmptyKeys } from './values.ts';

/** The parts of atmos.yaml that atmos-auth uses. Other parts are ignored. */
const ourParts = ['auth', 'profiles', 'import', 'env', 'base_path', 'logs'];

/**
 * Parses a file and resolves its tags. `!exec` commands are recorded, not run. A tag that cannot be
 * resolved is reported, and its value left out.
 *
 * @throws {ConfigError} for invalid YAML
 */
export async function parseConfigFile(
  file: FileToParse,
  options: ParseOptions,
): Promise<ConfigFile> {
  const document = parseYaml(file);
  if (mayNeedResolving(file.text)) {
    const { resolveFile } = await import('./resolve-file.ts');
    return resolveFile(file, document, ourParts, options);
  }
  const ours = Object.entries(document.data).filter(([key]) => ourParts.includes(key));
  const settings = withoutEmptyKeys(Object.fromEntries(ours));
  const { data: written, root } = document;
  return { ...file, written, settings, commands: [], tagged: [], included: [], root };
}

/**
 * Whether it may contain tags, aliases, `<<` or a NUL, which needs an escape. The code that follows
 * or reports them is not loaded for other files.
 */
function mayNeedResolving(text: string): boolean {
  return /[!*]|<<|\\[0xuU]/.test(text);
}
