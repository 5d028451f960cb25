import type { ConfigFile } from './config-file.ts';
import { parseYaml } from './parse.ts';
import type { FileToParse, ParseOptions } from './resolve-file.ts';
import { withoutEmptyKeys } from './values.ts';

/** The parts of atmos.yaml that are ours. All else is left alone. */
const ourParts = ['auth', 'profiles', 'import', 'env', 'base_path', 'logs'];

/**
 * A file, understood: its tags resolved but for `!exec`, which is only noted. A tag that cannot be
 * resolved is reported, and its value left out.
 *
 * @throws {ConfigError} for what is no YAML of ours
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

/** Whether there may be tags, aliases or `<<` in it: what follows them need not be loaded for others. */
function mayNeedResolving(text: string): boolean {
  return /[!*]|<</.test(text);
}
