// A real browser without a window, for pages that a person would use.
import { chromium, type BrowserContext } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary.ts';

/** No traffic but to the pages that a test opens. Root cannot use the sandbox. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A test that hangs here names what it waited for, before its own limit is reached. */
const stepMs = 60_000;

/**
 * Starts the browser with an empty profile. It is closed when the test ends.
 *
 * @param path the program: `peer('chromium')?.path`
 */
export async function openChromium(path: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(temporaryDirectory(), {
    executablePath: path,
    headless: true,
    args,
    timeout: stepMs,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(stepMs);
  return context;
}
