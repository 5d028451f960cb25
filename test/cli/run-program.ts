// A program for run-child.test.ts: runs what its arguments say, as `exec` does.
import { createPaint } from '../../src/cli/color.ts';
import { loadWriteHint } from '../../src/cli/hint.ts';
import { exitCodeOf, formatError } from '../../src/cli/report.ts';
import { runChild } from '../../src/cli/run-child.ts';
import { realHost } from '../../src/host/real.ts';

const host = realHost();
try {
  host.exit(await runChild(host, host.programArguments, host.env));
} catch (error) {
  host.stderr.write(formatError(error, createPaint(host, false), await loadWriteHint(host)), () =>
    host.exit(exitCodeOf(error)),
  );
}
