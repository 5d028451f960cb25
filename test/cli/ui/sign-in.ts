// A program for ask-sign-in.test.ts: shows a page, and waits for a pasted address or for SIGUSR1, which
// stands for a browser that has come back.
import { createPrinter } from '../../../src/cli/printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from '../../../src/cli/report.ts';
import { askSignIn } from '../../../src/cli/ui/ask-sign-in.ts';
import { createWaits } from '../../../src/cli/waits.ts';
import { changedHost } from '../../../src/host/host.ts';
import { realHost } from '../../../src/host/real.ts';

const machine = realHost();
const host = changedHost(machine, createWaits(machine));
const { note, progress } = createPrinter(host, false);
const [kind] = host.programArguments;
const isPasted = kind === 'paste';
const page = {
  url: new URL('https://oidc.example.com/authorize?client_id=1&state=2'),
  named: 'provider corp',
  expiresAt: new Date(host.now().getTime() + 600_000),
  ...(isPasted ? {} : { code: 'ABCD-EFGH' }),
};

const over = new AbortController();
host.onSignals(['SIGUSR1'], () => over.abort(new Error('the browser has come back')));
try {
  const browser = { whyNot: 'this is a test', commands: [] };
  const signIn = askSignIn({ host, note, progress }, { browser, env: {} });
  const shown = signIn.showPage(page, over.signal);
  const pasted = isPasted ? signIn.pasteAddress?.(over.signal) : undefined;
  const address = await (pasted ?? shown).catch((error: unknown) => {
    if (error === over.signal.reason) return 'from the browser';
    throw error;
  });
  over.abort();
  await Promise.allSettled([shown, pasted]);
  await note(`signed in ${address ?? 'with the code'}`);
} catch (error) {
  await note(...formatError(error, await loadWriteHint({ host, globals: undefined })));
  host.exit(exitCodeOf(error));
}
