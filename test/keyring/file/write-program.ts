// Writes 64 KiB to the path of the first argument, through the directory of the second, and prints
// the error if it fails.
import { AtmosError } from '../../../src/core/errors.ts';
import { writeAtomically } from '../../../src/keyring/file/atomic-write.ts';

const [path = '', temporaryDirectory = ''] = process.argv.slice(2);
try {
  writeAtomically({ path, text: 'x'.repeat(64 * 1024), temporaryDirectory, onStep: () => {} });
} catch (error) {
  if (!(error instanceof AtmosError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
}
