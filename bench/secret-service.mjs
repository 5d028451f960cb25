// Measures `credential-process` with the Secret Service against `node -e 0` on the same machine:
// medians of alternating runs. It starts its own gnome-keyring (docs/testing-secret-service.md).
// Needs `npm run build`. It has no pass or fail result.
//
//   npm run bench:secret-service [-- RUNS] default 25, at least 15
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openGnomeKeyring } from '../test/support/secret-service/gnome-keyring.mjs';
import { measure, printRatios } from './measure.mjs';
import { benchConfigOf, prepareProject, program } from './project.mjs';

const library = fileURLToPath(new URL('../dist/keyring.js', import.meta.url));

/** Reads one entry through the library only. */
const reading = `
  import { openKeyring } from ${JSON.stringify(pathToFileURL(library).href)};
  const keyring = await openKeyring({ type: 'system' });
  if ((await keyring.get('atmos_bench_bench')) === null) process.exit(1);
`;

/** @type {readonly import('./measure.mjs').Candidate[]} */
const candidates = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'openKeyring, one entry', args: ['--input-type=module', '-e', reading] },
  { name: 'credential-process', args: [program, 'auth', 'credential-process'], bound: 2.2 },
];

const service = await openGnomeKeyring();
const project = join(service.home, 'project');
const { env } = service;
try {
  await prepareProject({
    directory: project,
    env,
    configOf: (endpoint) => benchConfigOf({ type: 'system', endpoint }),
  });
  const medians = measure(candidates, { cwd: project, env });
  printRatios(candidates.map(({ name, bound }, at) => ({ name, median: medians[at] ?? 0, bound })));
} finally {
  await service.close();
}
