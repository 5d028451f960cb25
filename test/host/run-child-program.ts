// A program for run-child.test.ts: runs the command in its arguments, as `exec` does.
import { createPrinter } from '../../src/cli/printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from '../../src/cli/report.ts';
import { realHost } from '../../src/host/real.ts';
import { runChild } from '../../src/host/run-child.ts';

const host = realHost();
try {
  host.exit(await runChild(host, host.programArguments, host.env));
} catch (error) {
  await createPrinter(host, false).note(
    ...formatError(error, await loadWriteHint({ host, globals: undefined })),
  );
  host.exit(exitCodeOf(error));
}
