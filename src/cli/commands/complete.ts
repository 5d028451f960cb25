import { listNames } from '../../app/list-names.ts';
import type { Host } from '../../host/host.ts';
import type { CommandGroup, Completable, Invocation, Run } from '../command.ts';
import { findWanted, parseBashLine, quoteForBash, tailForBash } from '../completion/complete.ts';
import type { Context } from '../context.ts';
import { loadOptions, type GlobalOptions } from '../global-options.ts';
import { isPrintable } from '../../core/printable.ts';
import { enterDirectory } from '../working-directory.ts';

/**
 * `atmos __complete -- WORDS`: prints the candidates for the last word, one a line, or `:files` or
 * `:directories`, which the shell completes itself. The scripts of `atmos completion` call it.
 * `--next` says that a new word follows, because some systems drop an empty word; `--line` passes
 * one raw line of bash, and the candidates replace the end of it.
 *
 * It never prompts, runs no command and sends no request. On an error it prints no candidates and
 * no message, because the user is still typing.
 */
export function createComplete(root: CommandGroup): Run {
  return async (context, invocation) => {
    const replies = await answer(context.host, invocation, root).catch(() => []);
    await context.out(replies.map((reply) => `${reply}\n`).join(''));
    await startLog(context);
  };
}

/** The command itself reports a log that cannot be written when it runs. */
async function startLog({ startLog: start }: Context): Promise<void> {
  await start().catch(() => {});
}

async function answer(
  host: Host,
  { program, flags }: Invocation,
  root: CommandGroup,
): Promise<readonly string[]> {
  if (!flags['line']) return repliesTo(flags['next'] ? [...program, ''] : program, root, host);
  const [text = '', replaced = ''] = program;
  const line = parseBashLine(text);
  const replies = await repliesTo(line.words, root, host);
  if (replies === files || replies === directories) return replies;
  return replies.flatMap((reply) => {
    const quoted = quoteForBash(reply, line);
    return (quoted !== undefined && tailForBash(quoted, line.typed, replaced)) || [];
  });
}

const files = [':files'];
const directories = [':directories'];

async function repliesTo(
  words: readonly string[],
  root: CommandGroup,
  host: Host,
): Promise<readonly string[]> {
  const { wanted, globals } = findWanted(words, root);
  if (wanted.names === 'file') return files;
  if (wanted.names === 'directory') return directories;
  const names = wanted.names === undefined ? [] : await namesOf(wanted.names, globals, host);
  // A name with a line break or a control character is not offered. `-i -x` would be another
  // option, `-i=-x` is not.
  const usable = names.filter((name) => wanted.prefix !== '' || !name.startsWith('-'));
  const replies = [...wanted.words, ...usable].map((word) => `${wanted.prefix}${word}`);
  return replies.filter((reply) => reply.startsWith(words.at(-1) ?? '') && isPrintable(reply));
}

async function namesOf(
  what: Extract<Completable, 'identity' | 'provider' | 'profile'>,
  globals: GlobalOptions,
  host: Host,
): Promise<readonly string[]> {
  enterDirectory(host, globals);
  if (what !== 'profile') return listNames(what, loadOptions(globals), host);
  // Loaded only then: completing other names often needs no configuration.
  const { findProfileDirectories } = await import('../profile-choice.ts');
  const { findProfiles } = await import('../../config/profiles.ts');
  return findProfiles(await findProfileDirectories({ host, globals })).map(({ name }) => name);
}
