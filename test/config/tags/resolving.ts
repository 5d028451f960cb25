import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatHint, posixSyntax } from '../../../src/core/format-hint.ts';
import type { IncludedFile } from '../../../src/config/config-file.ts';
import type { Origin } from '../../../src/config/layer.ts';
import { parseYaml } from '../../../src/config/parse.ts';
import { resolveTags, type ResolvedTags } from '../../../src/config/tags/resolve.ts';
import { formatPath } from '../../../src/config/yaml-position.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Files by their paths in the directory of atmos.yaml. */
  readonly files?: Readonly<Record<string, string>>;
  /** Within that directory. */
  readonly workingDirectory?: string;
  readonly origin?: Origin;
  readonly parts?: readonly string[];
}

export interface Resolution extends ResolvedTags {
  /** `auth.realm must be …`, and the hint behind `→`. */
  readonly problems: readonly string[];
  readonly included: readonly IncludedFile[];
  readonly directory: string;
}

const allParts = ['auth', 'profiles', 'import', 'env', 'base_path', 'logs'];

/** The resolved tags of an atmos.yaml with this text. Its directory is shown as `$`. */
export function resolving(text: string, surroundings: Surroundings = {}): Resolution {
  const { env = {}, files = {}, workingDirectory = '.', origin = 'project' } = surroundings;
  const directory = join(temporaryDirectory(), 'project');
  for (const [name, content] of Object.entries({ 'atmos.yaml': text, ...files })) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  const path = join(directory, 'atmos.yaml');
  const problems: string[] = [];
  const included: IncludedFile[] = [];
  const resolved = resolveTags(parseYaml({ path, text }).data, surroundings.parts ?? allParts, {
    file: { path, origin },
    host: {
      env,
      userId: process.getuid?.(),
      workingDirectory: () => join(directory, workingDirectory),
    },
    report: ({ path: at, message, hint }) => {
      const told = `${formatPath(at)} ${message}${hint === undefined ? '' : ` → ${formatHint(hint, posixSyntax)}`}`;
      problems.push(told.replaceAll(directory, '$').replaceAll(dirname(directory), '^'));
    },
    onInclude: (one) => void included.push(one),
  });
  return { ...resolved, problems, included, directory };
}

/** The value of `auth.realm` where that is the tag, `$` in it the directory. */
export function valueOf(tag: string, surroundings: Surroundings = {}): unknown {
  const { settings, directory, problems } = resolving(`auth:\n  realm: ${tag}\n`, surroundings);
  if (problems.length > 0) return { problems };
  const auth = settings['auth'] as { realm?: unknown };
  return JSON.parse(JSON.stringify(auth.realm ?? null).replaceAll(directory, '$'));
}
