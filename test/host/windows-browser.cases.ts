import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findBrowser, openInBrowser } from '../../src/host/browser.ts';
import type { PlatformSuite } from '../platform/suite.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

// It contains what cmd.exe would interpret.
const page = new URL('https://example.com/a?b=%25PATH%25&c=%PATH%&whoami>pwned|"^!()\'');

/** Runs a test with a browser that records its arguments. */
async function withBrowser(
  run: (browser: string, recorded: () => unknown) => Promise<void>,
): Promise<void> {
  const { path, remove } = createTemporaryDirectory();
  const [browser, record] = [join(path, 'my browser.cjs'), join(path, 'record')];
  writeFileSync(
    browser,
    `require('node:fs').writeFileSync(${JSON.stringify(record)}, JSON.stringify(process.argv.slice(2)))`,
  );
  try {
    await run(browser, () => JSON.parse(readFileSync(record, 'utf8')));
    assert.equal(existsSync('pwned'), false);
  } finally {
    remove();
  }
}

/** A browser that has not exited at the limit counts as opened: this limit is never reached. */
const sleep = (_: number, signal?: AbortSignal) =>
  setTimeout(60_000, undefined, signal && { signal });

const host = {
  platform: process.platform,
  env: process.env,
  sleep,
};

export const suite: PlatformSuite = {
  name: 'a browser on Windows',
  platforms: ['win32'],
  cases: [
    {
      name: 'gets the address as one argument',
      run: () =>
        withBrowser(async (browser, recorded) => {
          const command = {
            program: process.execPath,
            args: (url: string) => [browser, '--new', url],
          };
          assert.equal(await openInBrowser(page, [command], host), true);
          assert.deepEqual(recorded(), ['--new', page.href]);
        }),
    },
    {
      name: 'of the configuration gets the address as its last argument',
      run: () =>
        withBrowser(async (browser, recorded) => {
          const command = `"${process.execPath}" "${browser}" --new`;
          assert.equal(await openInBrowser(page, command, host), true);
          assert.deepEqual(recorded(), ['--new', page.href.replace('=%PATH%&', '=%25PATH%25&')]);
        }),
    },
    {
      name: 'that fails or does not exist is not opened',
      run: async () => {
        const gone = { program: 'C:\\gone.exe', args: (url: string) => [url] };
        assert.equal(await openInBrowser(page, [gone], host), false);
        assert.equal(await openInBrowser(page, 'exit 3 &', host), false);
      },
    },
    {
      name: 'is the default one unless BROWSER names others',
      run: async () => {
        const PATH = dirname(process.execPath);
        const env = {
          SystemRoot: process.env['SystemRoot'],
          PATH,
          BROWSER: `gone;${process.execPath};node --app=%s`,
        };
        const { whyNot, commands } = await findBrowser({ platform: 'win32', env }, () => false);
        assert.equal(whyNot, undefined);
        assert.deepEqual(
          commands.map(({ args }) => args('URL')),
          [['URL'], ['--app=URL'], ['url.dll,FileProtocolHandler', 'URL']],
        );
        assert.match(commands.at(-1)?.program ?? '', /\\System32\\rundll32\.exe$/i);
      },
    },
  ],
};
