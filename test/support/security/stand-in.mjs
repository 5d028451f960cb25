// A stand-in for `/usr/bin/security` of macOS, which tests the keychain backend without a Mac. It
// follows the manual page security(1) and the behavior of Apple's published source: the lines and
// words of -i, command prefixes, options, the search list, the format of attributes and secrets,
// failed updates, messages and exit codes.
//
// It does not prove that macOS prompts when we expect it and which status follows, that a locked
// keychain lists its attributes, that the access lists of items created here let security read them
// again, the output format of a certain release, or speed. docs/platforms.md says how to prove each
// on a Mac.
import { commands } from './commands.mjs';
import { readLines, splitWords } from './lines.mjs';
import { alone, NeverAnswers, openMachine } from './machine.mjs';

/** @import { Run } from './types.ts' */

/**
 * The result of the program for arguments and input. Bytes are latin1.
 *
 * @param {string} directory of the machine
 * @param {readonly string[]} args
 * @param {string} input
 * @returns {Run}
 */
export function runSecurity(directory, args, input) {
  const machine = openMachine(directory);
  let [stdout, stderr] = ['', ''];
  let status = 0;

  /** @param {string[]} words */
  function execute(words) {
    const [name = '', ...rest] = words;
    if (words.length === 0) return 0;
    const found = commands.find(([known]) => known.startsWith(name));
    if (!found) {
      stderr += `security: unknown command "${name}"\n`;
      return 1;
    }
    const [known, command] = found;
    const { silent, failing } = machine.state();
    if (silent.includes(known)) throw new NeverAnswers();
    const forced = failing[known];
    const outcome =
      forced === undefined
        ? alone(directory, () => command(machine, rest))
        : { status: forced, stdout: '', stderr: '' };
    stdout += outcome.stdout;
    stderr += outcome.stderr;
    if (outcome.status === 2) stderr += `Usage: ${known} [options...]\n`;
    return outcome.status;
  }

  try {
    if (args[0] !== '-i') {
      status = execute([...args]);
    } else {
      for (const line of readLines(input)) {
        const words = splitWords(line);
        status = execute(words);
        if (status !== 0) stderr += `${words[0]}: returned ${status}\n`;
      }
    }
  } catch (error) {
    if (!(error instanceof NeverAnswers)) throw error;
    return { exitCode: null, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  }
  return {
    exitCode: status & 0xff,
    stdout: Buffer.from(stdout, 'latin1'),
    stderr: Buffer.from(stderr, 'latin1'),
  };
}
