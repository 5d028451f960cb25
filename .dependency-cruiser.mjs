// The rules of docs/architecture.md that are about who imports whom. What no import shows (globals,
// the clock, the length of a file) is in .oxlintrc.json. Each rule is broken once in
// test/architecture/never-rules.test.ts.
//
// dependency-cruiser strips `node:` from built-in modules, so they are matched without it.
import { inPlace } from './scripts/places.mjs';

// Of clouds/, what auth, app and the package may know.
const cloudContract = 'clouds/((cloud-|key-)?contract|registry)[.]ts$';

/** Folder -> what it may import besides itself. */
const layers = {
  core: [],
  host: ['core/'],
  keyring: ['core/', 'host/'],
  store: ['core/', 'host/', 'keyring/'],
  config: ['core/', 'host/'],
  clouds: ['core/', 'host/'],
  auth: ['core/', 'host/', 'keyring/', 'store/', 'config/', cloudContract],
  app: ['core/', 'host/', 'keyring/', 'store/', 'config/', cloudContract, 'auth/'],
  cli: ['core/', 'host/', 'keyring/', 'store/', 'config/', 'auth/', 'app/'],
};

const backends = ['memory', 'file', 'system', 'vault'];
const partsOf = (/** @type {string} */ backend) => `keyring/${backend}(/|[.]ts$)`;

/**
 * @param {string} name
 * @param {string} comment
 * @param {import('dependency-cruiser').IRegularForbiddenRuleType['from']} from
 * @param {import('dependency-cruiser').IRegularForbiddenRuleType['to']} to
 * @returns {import('dependency-cruiser').IRegularForbiddenRuleType}
 */
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...Object.entries(layers).map(([folder, allowed]) =>
      never(
        `${folder}-imports`,
        `${folder}/ imports only ${allowed.join(', ') || 'itself'}`,
        { path: inPlace(`${folder}/`) },
        { path: '^src/', pathNot: inPlace(`${folder}/`, ...allowed) },
      ),
    ),
    never(
      'package-imports',
      'what the package exports imports everything but cli/',
      { path: inPlace('(index|create-auth)[.]ts$') },
      { path: inPlace('cli/', 'main[.]ts$') },
    ),
    never(
      'main-imports',
      'main imports only cli/ and host/',
      { path: inPlace('main[.]ts$') },
      { path: '^src/', pathNot: inPlace('cli/', 'host/') },
    ),
    ...backends.map((backend) =>
      never(
        'backends-apart',
        'one keyring backend never imports another',
        { path: inPlace(partsOf(backend)) },
        { path: inPlace(...backends.filter((other) => other !== backend).map(partsOf)) },
      ),
    ),
    never(
      'agent-apart',
      'the unlock agent knows no keyring backend',
      { path: inPlace(partsOf('agent')) },
      { path: inPlace(...backends.map(partsOf)) },
    ),
    never(
      'registry-names-backends',
      'only keyring/registry and keyring/pinned name keyring backends',
      {
        path: '^src/',
        pathNot: inPlace('keyring/(registry|pinned)[.]ts$', ...[...backends, 'agent'].map(partsOf)),
      },
      { path: inPlace(...[...backends, 'agent'].map(partsOf)) },
    ),
    never(
      'registry-names-kinds',
      'in clouds/ only the registry imports what is in the folder of a cloud',
      { path: inPlace('clouds/[^/]+[.]ts$'), pathNot: inPlace('clouds/registry[.]ts$') },
      { path: inPlace('clouds/[^/]+/') },
    ),
    never(
      'clouds-apart',
      'one cloud never imports another',
      { path: '^src/clouds/([^/]+)/' },
      { path: '^src/clouds/[^/]+/', pathNot: '^src/clouds/$1/' },
    ),
    never(
      'commands-apart',
      'a command never imports another',
      { path: inPlace('cli/commands/') },
      { path: inPlace('cli/commands/') },
    ),
    never('no-cycle', 'no cycles, type-only ones included', { path: '^src/' }, { circular: true }),
    never(
      'printer-writes',
      'only the printer writes to the standard streams, so that nothing shown escapes it',
      { path: '^src/', pathNot: inPlace('cli/printer[.]ts$') },
      { path: inPlace('cli/streams[.]ts$') },
    ),
    never(
      'host-reaches-the-machine',
      'clock, console, process, terminal and other programs are reached through host/ alone',
      { path: '^src/', pathNot: inPlace('host/') },
      {
        path: '^(child_process|cluster|console|inspector|perf_hooks|process|readline|repl|tty|worker_threads)(/|$)',
        dependencyTypes: ['core'],
      },
    ),
    never(
      'files-through-host',
      'config/, app/ and cli/ reach files through host/',
      { path: inPlace('config/', 'app/', 'cli/') },
      { path: '^fs(/|$)', dependencyTypes: ['core'] },
    ),
    never(
      'sdk-in-clouds',
      'only clouds/ imports the SDK of a cloud',
      { path: '^src/', pathNot: inPlace('clouds/') },
      { path: '(^|/)node_modules/@(aws-sdk|smithy)/' },
    ),
    never(
      'source-imports-source',
      'src/ imports neither tests, scripts, benchmarks nor examples',
      { path: '^src/' },
      { path: '^(test|scripts|bench|examples)/' },
    ),
    never(
      'imports-resolve',
      'what is imported is there, and package.json says so',
      { path: '^src/' },
      { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    // Type-only imports count.
    tsPreCompilationDeps: true,
    // It cannot use the compiler of TypeScript 7; without @swc/core it would read
    // nothing and pass, which scripts/check-architecture.mjs makes sure of.
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

export default configuration;
