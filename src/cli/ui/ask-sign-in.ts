import type { SignIn } from '../../app/open.ts';
import { AtmosError } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import { formatMoment } from '../../core/time.ts';
import { openInBrowser, type Browser } from '../../host/browser.ts';
import { changedHost, type Host } from '../../host/host.ts';
import type { Context } from '../context.ts';
import { paint } from './color.ts';
import { readLine, type OptionalLine } from './read-line.ts';

export interface SignInWays extends Pick<SignIn, 'flow'> {
  readonly browser: Browser;
  /** The environment of browsers: without secrets of this program. */
  readonly env: Host['env'];
}

/**
 * Lets the user of a command sign in on a page. The page is shown on standard error; the address that
 * is pasted is read from the terminal.
 */
export function askSignIn(
  { host, note, progress }: Pick<Context, 'host' | 'note' | 'progress'>,
  { flow, browser: { whyNot, commands, missing = [] }, env }: SignInWays,
): SignIn {
  const openPage = async (url: URL, browser?: string) => {
    const failures = browser === undefined ? [...missing] : [];
    const machine = changedHost(host, { env });
    const isOpened = await openInBrowser(url, browser ?? commands, machine, (failed) => {
      const { program, exitCode } = failed;
      host.log('browser.failed', { exit_code: exitCode });
      const how = exitCode === undefined ? 'could not be run' : `exited with ${exitCode}`;
      // Words of the configuration may come from a tag.
      failures.push(`${browser === undefined ? program : 'spec.browser'} ${how}`);
    });
    if (failures.length === 0) return isOpened;
    const opened = isOpened ? 'another browser was opened' : 'open the page yourself';
    // The wait goes on, also if this cannot be shown.
    await note([paint('yellow', 'warning:'), ` ${failures.join(', ')}: ${opened}`]).catch(() => {});
    return isOpened;
  };
  const pasteAddress = async (signal: AbortSignal) => {
    const line = await readLine({ host, progress }, address, signal);
    return line.trim();
  };
  const pasteCode = async (signal: AbortSignal) => {
    const line = await readLine({ host, progress }, code, signal);
    return line.trim();
  };
  return {
    async showPage({ url, code, named, expiresAt }, signal) {
      await note(
        `Sign in for ${named} on this page until ${formatMoment(expiresAt, host)}:`,
        ['  ', paint('bold', url.href)],
        ...(code === undefined
          ? []
          : [['Continue only if the page shows the code ', paint('bold', code)]]),
      );
      // A browser on another machine, such as the one of Windows beside WSL: for a code it is enough.
      if (whyNot !== undefined && commands.length + missing.length > 0) void openPage(url);
      const limitMs = expiresAt.getTime() - host.now().getTime();
      const stopWaiting = host.waiting('the sign-in', limitMs);
      try {
        await untilAborted(signal, host);
      } finally {
        stopWaiting?.();
      }
    },
    ...withoutAbsent({
      flow,
      openPage: whyNot === undefined ? openPage : undefined,
      ...(host.stderr.isTTY === true ? { pasteAddress, pasteCode } : {}),
    }),
  };
}

const address: OptionalLine = {
  label: 'Or paste the address that could not be opened (http://127.0.0.1:…)',
  // There may be quotes around it.
  fault: (line) => (/http:\/\/./i.test(line) ? undefined : 'Paste the whole address, with http://'),
};

const code: OptionalLine = {
  label: 'Enter the code that the last page shows',
  fault: (line) => (line.trim() === '' ? 'Enter the code' : undefined),
};

/** Resolves when the signal aborts. @throws ERR_CANCELLED on Ctrl-C */
function untilAborted(signal: AbortSignal, host: Pick<Host, 'onSignals'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      stopListening();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const stopListening = host.onSignals(['SIGINT', 'SIGBREAK'], () => {
      reject(new AtmosError('ERR_CANCELLED', 'canceled'));
      end();
    });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
