// The never-rules of docs/architecture.md, that are about who imports whom. What no
// import shows (globals, the clock, the length of a file) is in .oxlintrc.json. Each rule is broken
// once in test/architecture/never-rules.test.ts.
//
// dependency-cruiser strips `node:` from built-in modules, so they are matched without it.

const strategies = '^src/(identities|providers)/';
const backend = '(memory|file|system|agent)(/|[.]ts$)';

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
    never(
      'keyring-stands-alone',
      'keyring/ imports nothing but core/ and host/',
      { path: '^src/keyring/' },
      { path: '^src/', pathNot: '^src/(keyring|core|host)/' },
    ),
    never(
      'core-imports-no-layer',
      'core/ imports no layer',
      { path: '^src/core/' },
      { path: '^src/', pathNot: '^src/core/' },
    ),
    never(
      'host-imports-only-core',
      'host/ imports no layer but core/',
      { path: '^src/host/' },
      { path: '^src/', pathNot: '^src/(host|core)/' },
    ),
    never(
      'backends-apart',
      'one keyring backend never imports another',
      { path: `^src/keyring/${backend}` },
      { path: `^src/keyring/${backend}`, pathNot: '^src/keyring/$1(/|[.]ts$)' },
    ),
    never(
      'registry-names-backends',
      'only keyring/registry names keyring backends',
      { path: '^src/', pathNot: `^src/keyring/(registry[.]ts$|${backend})` },
      { path: `^src/keyring/${backend}` },
    ),
    never(
      'registry-names-strategies',
      'only auth/registry names identities and providers',
      { path: '^src/', pathNot: ['^src/auth/registry[.]ts$', strategies] },
      { path: strategies },
    ),
    never(
      'strategies-apart',
      'an identity or provider never imports another; parts of one have its name before theirs',
      { path: '^src/(identities|providers)/(.+)[.]ts$' },
      { path: strategies, pathNot: '^src/$1/$2-[a-z-]+[.]ts$' },
    ),
    never(
      'strategies-know-no-surroundings',
      'an identity or provider imports neither config, store, keyring, output nor cli',
      { path: strategies },
      { path: '^src/(config|store|keyring|output|cli)/' },
    ),
    never(
      'config-only-reads',
      'config/ imports neither auth, store, keyring, output nor cli',
      { path: '^src/config/' },
      { path: '^src/(auth|store|keyring|output|cli)/' },
    ),
    never(
      'output-is-pure',
      'output/ imports nothing but core/ and path arithmetic',
      { path: '^src/output/' },
      { pathNot: '^(src/(output|core)/|path(/(posix|win32))?$)' },
    ),
    never(
      'only-cli-imports-cli',
      'nothing but cli/ and tests imports cli/',
      { path: '^src/', pathNot: '^src/cli/' },
      { path: '^src/cli/' },
    ),
    never(
      'commands-apart',
      'a command never imports another',
      { path: '^src/cli/commands/' },
      { path: '^src/cli/commands/' },
    ),
    never('no-cycle', 'no cycles, type-only ones included', { path: '^src/' }, { circular: true }),
    never(
      'printer-writes',
      'only the printer writes to the standard streams, so that nothing shown escapes it',
      { path: '^src/', pathNot: '^src/cli/printer[.]ts$' },
      { path: '^src/cli/streams[.]ts$' },
    ),
    never(
      'host-reaches-the-machine',
      'clock, console, process, terminal and other programs are reached through host/ alone',
      { path: '^src/', pathNot: '^src/host/' },
      {
        path: '^(child_process|cluster|console|inspector|perf_hooks|process|readline|repl|tty|worker_threads)(/|$)',
        dependencyTypes: ['core'],
      },
    ),
    never(
      'clients-are-the-aws-door',
      'only clients/ imports the AWS SDK',
      { path: '^src/', pathNot: '^src/clients/' },
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
