import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findPeers, installPeers, isSlowPeer, peerNames } from '../../scripts/peers.mjs';
import type { PeerName } from '../../scripts/peers.mjs';
import { isInCi } from './ci.ts';
import type { Peers } from './peers.ts';

const installWanted = isInCi || process.env['ATMOS_TEST_PEERS'] === 'install';

/** Finds the peers before all tests, and installs them if requested. */
export function setup(project: TestProject): () => void {
  const isRun = (name: string) => project.vitest.projects.some((one) => one.name === name);
  const needed = peerNames.filter((name) => isRun('peers') || !isSlowPeer(name));
  if (installWanted) install(absentOf(needed, findPeers()));
  const peers: Peers = findPeers();
  const absent = absentOf(needed, peers);
  if (installWanted && absent.length > 0) throw new Error(`missing peers: ${absent.join(', ')}`);
  project.provide('peers', peers);
  return () => {
    reportSkipped(project, absent);
    if (isRun('programs') && !isRun('peers'))
      console.error('suites with slow peers (*.peers.test.ts) are not run here: npm run peers');
  };
}

// The caller searches again and reports what could not be installed.
function install(names: readonly PeerName[]): void {
  try {
    installPeers(names);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

function absentOf(names: readonly PeerName[], peers: Peers): PeerName[] {
  return names.filter((name) => peers[name] === undefined);
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

// A suite that loops over `providers` uses each of them.
function asksFor(file: string, name: PeerName): boolean {
  const text = readFileSync(file, 'utf8');
  return text.includes(`peer('${name}')`) || (text.includes('providers.ts') && isProvider(name));
}

function isProvider(name: PeerName): boolean {
  return ['gnome-keyring', 'kwallet', 'keepassxc'].includes(name);
}
