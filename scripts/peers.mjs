// Other programs that we test against: finds them, or installs them if requested.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cache, isExecutable, maxStepMs, programOnPath, root, run } from './peer-tools.mjs';
import { awsCli2, awsPython, javaSdk, openbao, rustSdk } from './sdk-peers.mjs';
import { buildWine, findWine } from './wine.mjs';

/**
 * @typedef {object} Peer
 * @property {string} path the program, absolute
 *
 * @typedef {object} PeerKind
 * @property {() => string | undefined} find the program's path, if it is there
 * @property {() => string[]} debianPackages what installs it, or what it needs to be built
 * @property {() => void} [build] makes it, with those packages there
 * @property {boolean} [isSlow] its suites, or what installs it, take over a minute: they run in
 *   `npm run peers` alone
 */

const actionlintVersion = 'v1.7.8';
const actionlint = {
  module: `github.com/rhysd/actionlint/cmd/actionlint@${actionlintVersion}`,
  path: join(cache, `actionlint-${actionlintVersion}`),
};

const atmosVersion = 'v1.225.0';
const atmos = {
  module: `github.com/cloudposse/atmos@${atmosVersion}`,
  path: join(cache, `go-atmos-${atmosVersion}`),
  /**
   * Its modules that some proxies do not have, with their replacements: none of their code is
   * tested.
   */
  replaced: {
    'inet.af/netaddr': join(root, 'test/interop/go-atmos/netaddr'),
    'github.com/databus23/helm-diff/v3': join(root, 'test/interop/go-atmos/helm-diff'),
  },
};

/** Atmos is 2,000 packages. */
const maxAtmosMs = 60 * 60_000;

const kinds = {
  /** @type {PeerKind} Reads the workflows of the forge as it does: a module of Go. */
  actionlint: {
    find: () => [actionlint.path].find(isExecutable),
    debianPackages: debianGo,
    build: installActionlint,
  },
  /** @type {PeerKind} The encryption tool whose format the secret of readers has. */
  age: { find: () => programOnPath('age'), debianPackages: () => ['age'] },
  /** @type {PeerKind} Python with boto3, botocore and moto: test/interop/aws-python. */
  'aws-python': awsPython,
  /** @type {PeerKind} The real AWS CLI: Debian's, whatever else is called aws on PATH. */
  awscli: {
    find: () => ['/usr/bin/aws'].find(isExecutable),
    debianPackages: () => ['awscli'],
  },
  /** @type {PeerKind} The current AWS CLI, from PyPI. */
  'awscli-v2': { ...awsCli2, isSlow: true },
  /** @type {PeerKind} A real browser: test/support/chromium.ts. */
  chromium: {
    find: () => ['/usr/bin/chromium'].find(isExecutable),
    debianPackages: () => ['chromium'],
    isSlow: true,
  },
  /** @type {PeerKind} Shows what passes over a bus. */
  'dbus-monitor': {
    find: () => programOnPath('dbus-monitor'),
    debianPackages: () => ['dbus'],
  },
  /** @type {PeerKind} */
  fish: { find: () => programOnPath('fish'), debianPackages: () => ['fish'] },
  /** @type {PeerKind} */
  zsh: { find: () => programOnPath('zsh'), debianPackages: () => ['zsh'] },
  /** @type {PeerKind} Our Go program on github.com/99designs/keyring, the library Atmos uses. */
  go: goProgram('go'),
  /** @type {PeerKind} Our Go program on github.com/zalando/go-keyring, the other one. */
  'go-keyring': goProgram('go-keyring'),
  /** @type {PeerKind} Both for Windows, where Wine runs them. */
  'go-windows': { ...goProgram('go', 'windows'), isSlow: true },
  'go-keyring-windows': { ...goProgram('go-keyring', 'windows'), isSlow: true },
  /** @type {PeerKind} The real Atmos, in Go. */
  'go-atmos': {
    find: () => [atmos.path].find(isExecutable),
    debianPackages: debianGo,
    build: buildAtmos,
    isSlow: true,
  },
  /** @type {PeerKind} Our programs on the AWS SDKs for Go, Java and Rust. */
  'go-sdk': goProgram('go-sdk'),
  'java-sdk': { ...javaSdk, isSlow: true },
  'rust-sdk': { ...rustSdk, isSlow: true },
  /** @type {PeerKind} Reads what `auth list -f graphviz` prints. */
  graphviz: { find: () => programOnPath('dot'), debianPackages: () => ['graphviz'] },
  /** @type {PeerKind} */
  'gnome-keyring': providerOnPath('gnome-keyring-daemon', ['gnome-keyring']),
  /** @type {PeerKind} Its database is made by keepassxc-cli, which lies beside it. */
  keepassxc: providerOnPath('keepassxc', ['keepassxc']),
  /** @type {PeerKind} Without the plugin of QCA its sessions are never encrypted. */
  kwallet: providerOnPath('kwalletd5', ['libkf5wallet-bin', 'libqca-qt5-2-plugins']),
  /** @type {PeerKind} Debian's Python with keyring and secretstorage: test/interop/python. */
  'python-keyring': {
    find: () =>
      existsSync('/usr/lib/python3/dist-packages/keyring') ? '/usr/bin/python3' : undefined,
    debianPackages: () => ['python3-keyring', 'python3-secretstorage'],
  },
  /** @type {PeerKind} A server for the vault keyring: test/support/openbao.ts. */
  openbao,
  /** @type {PeerKind} libsecret's own. */
  'secret-tool': {
    find: () => programOnPath('secret-tool'),
    debianPackages: () => ['libsecret-tools'],
  },
  /** @type {PeerKind} Runs the real Windows Node. */
  wine: {
    find: findWine,
    debianPackages: () => ['wine', 'wine64', 'gcc-mingw-w64-x86-64'],
    build: buildWine,
    isSlow: true,
  },
};

/** @typedef {keyof typeof kinds} PeerName */

export const peerNames = /** @type {PeerName[]} */ (Object.keys(kinds));

/** @param {PeerName} name */
export function isSlowPeer(name) {
  return kinds[name].isSlow === true;
}

/** @returns {Record<PeerName, Peer | undefined>} */
export function findPeers() {
  const found = peerNames.map((name) => [name, peerAt(kinds[name].find())]);
  return /** @type {Record<PeerName, Peer | undefined>} */ (Object.fromEntries(found));
}

/**
 * Installs the Debian packages, as root or with sudo, and builds the programs.
 *
 * @param {readonly PeerName[]} names
 * @throws when a step fails, with its command; what it printed is on stderr
 */
export function installPeers(names) {
  const packages = names.flatMap((name) => kinds[name].debianPackages());
  if (packages.length > 0) {
    const patiently = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
    runAsRoot('apt-get', [...patiently, 'update']);
    runAsRoot('apt-get', [...patiently, 'install', '-y', '--no-install-recommends', ...packages]);
  }
  const failures = names.flatMap((name) => {
    try {
      kinds[name].build?.();
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

/** @param {string | undefined} path */
function peerAt(path) {
  return path === undefined ? undefined : { path };
}

/**
 * A secret provider that the tests start on their own bus: test/support/secret-service.
 *
 * @param {string} program
 * @param {readonly string[]} debianPackages
 * @returns {PeerKind}
 */
function providerOnPath(program, debianPackages) {
  const isStartable = () => ['dbus-daemon', 'setpriv'].every((name) => programOnPath(name));
  return {
    find: () => (isStartable() ? programOnPath(program) : undefined),
    debianPackages: () => ['dbus', 'util-linux', ...debianPackages],
  };
}

/**
 * @param {string} folder where its source is, under test/interop
 * @param {'windows'} [system] another than this one
 * @returns {PeerKind}
 */
function goProgram(folder, system) {
  const source = join(root, 'test/interop', folder);
  const path = () => goProgramPath(source, system);
  return {
    find: () => [path()].find(isExecutable),
    debianPackages: debianGo,
    build: () => buildGo(source, path(), system),
  };
}

function debianGo() {
  return programOnPath('go') === undefined ? ['golang-go'] : [];
}

function installActionlint() {
  const unfinished = join(cache, `actionlint-${process.pid}`);
  run('go', ['install', actionlint.module], { env: { ...process.env, GOBIN: unfinished } });
  renameSync(join(unfinished, 'actionlint'), actionlint.path);
  rmSync(unfinished, { recursive: true });
}

/**
 * Without `go install`, which does not support replacements. The program's go.mod and go.sum name
 * the other modules.
 */
function buildAtmos() {
  const source = mkdtempSync(join(tmpdir(), 'atmos-auth-go-atmos-'));
  try {
    cpSync(downloadModule(atmos.module), source, { recursive: true });
    makeWritable(source);
    const replacements = Object.entries(atmos.replaced).map(
      ([name, path]) => `-replace=${name}=${path}`,
    );
    run('go', ['mod', 'edit', ...replacements], { cwd: source });
    const unfinished = `${atmos.path}-${process.pid}`;
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
    mkdirSync(cache, { recursive: true });
    run('go', ['build', '-o', unfinished, '.'], { cwd: source, env }, maxAtmosMs);
    renameSync(unfinished, atmos.path);
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}

/**
 * @param {string} module with its version
 * @returns {string} the directory of its source, which is read-only
 */
function downloadModule(module) {
  const options = { encoding: /** @type {const} */ ('utf8'), timeout: maxStepMs, cwd: tmpdir() };
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', module], options);
  /** @type {{ Dir?: string, Error?: string }} */
  const { Dir, Error: reason } = JSON.parse(stdout || '{}');
  if (status === 0 && Dir !== undefined) return Dir;
  throw new Error(`go mod download ${module}: ${reason ?? `exit code ${status}`}`);
}

/** @param {string} directory with its content */
function makeWritable(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
  chmodSync(directory, 0o755);
  chmodSync(join(directory, 'go.mod'), 0o644);
  chmodSync(join(directory, 'go.sum'), 0o644);
}

/**
 * The directory of the program that is built from the current source.
 *
 * @param {string} source
 * @param {'windows' | undefined} system
 */
function goProgramPath(source, system) {
  const hash = createHash('sha256');
  const files = existsSync(source) ? readdirSync(source).sort() : [];
  for (const name of files.filter((file) => /^go[.](mod|sum)$|[.]go$/.test(file))) {
    hash.update(`${name}\0`).update(readFileSync(join(source, name)));
  }
  const name = `${basename(source)}-interop-${hash.digest('hex').slice(0, 16)}`;
  return join(cache, system === 'windows' ? `${name}.exe` : name);
}

/**
 * @param {string} source
 * @param {string} path
 * @param {'windows' | undefined} system
 */
function buildGo(source, path, system) {
  if (!existsSync(join(source, 'go.mod'))) throw new Error(`peer: no go.mod in ${source}`);
  mkdirSync(cache, { recursive: true });
  const unfinished = `${path}-${process.pid}`;
  // The installed Go, and the module versions of the project.
  const pinned = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOWORK: 'off' };
  const target = system === undefined ? {} : { GOOS: system, GOARCH: 'amd64', CGO_ENABLED: '0' };
  const env = { ...process.env, ...pinned, ...target };
  run('go', ['build', '-o', unfinished, '.'], { cwd: source, env });
  renameSync(unfinished, path);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function runAsRoot(program, args) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const command = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', program, ...args];
  run(command[0] ?? program, command.slice(1));
}
