import { basename, extname } from 'node:path';
import { parseEnv } from 'node:util';
import { say, type Hint } from '../../core/hint.ts';
import { parseJson } from '../../core/json.ts';
import { parseAnyYaml } from '../parse.ts';
import { parseToml } from '../toml.ts';
import type { YamlNode } from '../yaml-position.ts';

type Format = 'yaml' | 'json' | 'toml' | 'env' | 'hcl' | 'text';

const formats: Readonly<Record<string, Format>> = {
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
  '.toml': 'toml',
  '.env': 'env',
  '.hcl': 'hcl',
  '.tf': 'hcl',
  '.tfvars': 'hcl',
};

/** What a file holds. */
export interface IncludedData {
  readonly data: unknown;
  /** Where it was written, for YAML. */
  root?(): YamlNode;
}

/**
 * A file's data by what its name ends with: JSON, YAML, TOML, `.env` (and `.env.local`); the text
 * itself for all else. Or what is wrong with it, to follow its name.
 *
 * @throws {ConfigError} of a YAML file, with line and column
 */
export function parseByName(file: {
  path: string;
  text: string;
}): IncludedData | { problem: string; hint?: Hint } {
  switch (formatOf(file.path)) {
    case 'yaml':
      return parseAnyYaml(file);
    case 'json':
      return orProblem(parseJson(file.text), 'is not valid JSON');
    case 'toml':
      return orProblem(parseToml(file.text), 'is not valid TOML');
    case 'env':
      return { data: { ...parseEnv(file.text) } };
    case 'hcl':
      return { problem: 'is HCL, which is not supported', hint: say('write it as JSON or YAML') };
    default:
      return { data: file.text };
  }
}

function formatOf(path: string): Format {
  const name = basename(path).toLowerCase();
  return formats[extname(name)] ?? (/^\.env(\.|$)/.test(name) ? 'env' : 'text');
}

function orProblem(data: unknown, problem: string): IncludedData | { problem: string } {
  return data === undefined ? { problem } : { data };
}
