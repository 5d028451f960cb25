import type { OpenContext } from '../../src/clouds/contract.ts';
import type { Provider } from '../../src/core/kind-config.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';

/** A context in which a kind has nothing but its own means, on a machine with these parts. */
export function openContext(
  machine: Partial<Host> = {},
  context: Partial<OpenContext> = {},
): OpenContext {
  const host = fakeHost(machine);
  return {
    host,
    commandEnv: host.env,
    base: undefined,
    ask: {},
    timeoutMs: 5_000,
    alone: (_, task) => task(),
    warn: () => {},
    storedKey: () => Promise.resolve(null),
    isStoreLasting: true,
    ...context,
  };
}

/** A provider that is written in /p/atmos.yaml. */
export function providerOf(
  kind: string,
  spec: Readonly<Record<string, unknown>>,
  fields: Partial<Provider> = {},
): Provider {
  return {
    name: 'ci',
    kind,
    settings: { kind, spec },
    locate: (path = []) => ['/p/atmos.yaml', ...path].join(':'),
    tagAt: () => undefined,
    besideFile: (said) => (said.startsWith('/') ? said : `/p/${said}`),
    ...fields,
  };
}
