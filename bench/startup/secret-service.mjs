// Commands with a Secret Service: a gnome-keyring of its own on a private bus.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { programOnPath } from '../../scripts/peer-tools.mjs';
import { openGnomeKeyring } from '../../test/support/secret-service/gnome-keyring.mjs';
import { userConfig } from './configurations.mjs';
import { credentialProcess, storeAndLogIn, writeFiles } from './project.mjs';

/**
 * @import { Bench } from '../startup.mjs'
 * @import { Candidate } from './measure.mjs'
 */

/**
 * @param {Bench} bench
 * @returns {Promise<Candidate[]>}
 */
export async function withSecretService(bench) {
  const programs = ['gnome-keyring-daemon', 'dbus-daemon', 'setpriv'];
  const missing = programs.filter((name) => programOnPath(name) === undefined);
  if (missing.length > 0) {
    bench.skip('Secret Service', `not on PATH: ${missing.join(', ')}`);
    return [];
  }
  const service = await openGnomeKeyring();
  bench.add(service.close);
  const env = { ...service.env, PATH: bench.path };
  const project = { program: bench.program, directory: join(service.home, 'project'), env };
  writeFiles(project, { 'atmos.yaml': userConfig(bench.standIns, 'system') });
  await storeAndLogIn(project);
  return [
    await credentialProcess(project, 'Secret Service', { goal: 1.75 }),
    {
      name: 'openKeyring, one entry, Secret Service',
      program: process.execPath,
      args: ['--input-type=module', '-e', readingOne(bench.keyringModule)],
      cwd: project.directory,
      env,
    },
  ];
}

/**
 * Reads one entry through the library only.
 *
 * @param {string} keyringModule
 */
function readingOne(keyringModule) {
  return `
    import { openKeyring } from ${JSON.stringify(pathToFileURL(keyringModule).href)};
    const keyring = await openKeyring({ type: 'system' });
    if ((await keyring.get('atmos_bench_bench')) === null) process.exit(1);
  `;
}
