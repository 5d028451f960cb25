import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findPeers, installPeers, peerNames } from '../../scripts/peers.mjs';
import type { PeerName } from '../../scripts/peers.mjs';
import type { Peers } from './peers.ts';

const inCi = !['', 'false'].includes(process.env['CI'] ?? '');
const installWanted = inCi || process.env['ATMOS_TEST_PEERS'] === 'install';

/** Before all tests: the program is built, the peers are looked for, or installed if asked. */
export function setup(project: TestProject): () => void {
  buildProgram();
  if (installWanted) installAbsentPeers();
  const peers: Peers = findPeers();
  const absent = absentPeers(peers);
  if (installWanted && absent.length > 0) throw new Error(`missing peers: ${absent.join(', ')}`);
  project.provide('peers', peers);
  return () => reportSkipped(project, absent);
}

// Fails the run only in CI: while the source is half changed, tests that need no built program
// still run.
function buildProgram(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--for-tests'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  if (inCi) throw new Error('the build failed');
  console.error('the build failed: tests that run the program try an older one, or none');
}

// What could not be installed is named by the caller, who looks again.
function installAbsentPeers(): void {
  try {
    installPeers(absentPeers(findPeers()));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

function absentPeers(peers: Peers): PeerName[] {
  return peerNames.filter((name) => peers[name] === undefined);
}

function reportSkipped(project: TestProject, absent: readonly PeerName[]): void {
  const files = project.vitest.state.getFiles().map((file) => file.filepath);
  const skipped = absent
    .map((name) => ({ name, suites: files.filter((file) => asksFor(file, name)) }))
    .filter(({ suites }) => suites.length > 0);
  if (skipped.length === 0) return;
  for (const { name, suites } of skipped) {
    const names = suites.map((file) => relative(project.config.root, file)).join(', ');
    console.error(`${name} is not installed; skipped for it: ${names}`);
  }
  console.error('to install what is missing: ATMOS_TEST_PEERS=install npm test');
}

// A suite that loops over `providers` asks for each of them.
function asksFor(file: string, name: PeerName): boolean {
  const text = readFileSync(file, 'utf8');
  return text.includes(`peer('${name}')`) || (text.includes('providers.ts') && isProvider(name));
}

function isProvider(name: PeerName): boolean {
  return ['gnome-keyring', 'kwallet', 'keepassxc'].includes(name);
}
