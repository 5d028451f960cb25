import { defineConfig } from 'vitest/config';
import { defineConstants, testRounds } from './scripts/build-constants.mjs';

// With NODE_EXTRA_CA_CERTS Node 20 loads certificates at every start: 20 -> 53 ms for each child
// the tests start.
delete process.env['NODE_EXTRA_CA_CERTS'];

/** Suites with peers that take over a minute to install or to run. */
const peerSuites = ['test/**/*.peers.test.ts'];
/** Suites that start programs all the time: the built one, those that they compile, daemons. */
const programSuites = [
  'test/{script,fault,architecture,interop,support/secret-service,keyring/system/{linux,macos}}/**/*.test.ts',
  'test/auth/single-flight.test.ts',
  'test/cli/{graph-diagram,shell-format,ui/prompt,commands/{auth-env,auth-exec,auth-keyring-migrate}}.test.ts',
  'test/contract/agent.test.ts',
  'test/host/{processes,run-child,terminate-process}.test.ts',
  'test/keyring/{agent/server,file/agent-client}.test.ts',
  // These start no programs, but take long.
  'test/keyring/{chunked-store,agent/protocol,file/{entry-item,entry-name,flood,rekey}}.test.ts',
  'test/clouds/aws/sts-isolation.test.ts',
];

// `expect.poll` may wait as long as a test may run: one second is not enough when every core is
// busy.
const timeouts = {
  testTimeout: 30_000,
  hookTimeout: 30_000,
  expect: { poll: { timeout: 15_000 } },
};
const globalSetup = ['test/support/build-program.ts'];

export default defineConfig({
  test: {
    globalSetup: ['test/support/find-peers.ts'],
    // Vitest leaves one core free, which is half of a machine with two.
    maxWorkers: '100%',
    // Each project has its own constants, because Vitest removes them from the configuration after
    // reading.
    projects: [
      {
        define: defineConstants(testRounds),
        test: {
          ...timeouts,
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...programSuites, ...peerSuites],
        },
      },
      {
        define: defineConstants(testRounds),
        test: {
          ...timeouts,
          name: 'programs',
          include: programSuites,
          exclude: peerSuites,
          globalSetup,
        },
      },
      {
        define: defineConstants(testRounds),
        test: { ...timeouts, name: 'peers', include: peerSuites, globalSetup },
      },
    ],
  },
});
