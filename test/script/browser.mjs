// A browser without a window, for BROWSER: `node browser.mjs RECORD ADDRESS` adds the address as a line
// to the file RECORD, opens it in the background, follows its redirects, and exits at once, as the
// programs of desktops do.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [record, address = ''] = process.argv.slice(2);
if (record === '--open') {
  await (await fetch(address)).text();
} else {
  appendFileSync(record ?? '', `${address}\n`);
  const args = [fileURLToPath(import.meta.url), '--open', address];
  spawn(process.execPath, args, { detached: true, stdio: 'ignore' }).unref();
}
