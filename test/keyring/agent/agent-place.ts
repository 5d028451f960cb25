import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { formatHint, posixSyntax } from '../../../src/core/format-hint.ts';
import type { Host } from '../../../src/host/host.ts';
import { loadPeerOf } from '../../../src/host/unix-sockets.ts';
import { realHost } from '../../../src/host/real.ts';
import { createAgentClientKeyring } from '../../../src/keyring/file/agent-client.ts';
import { startServer, type AgentServer } from '../../../src/keyring/agent/server.ts';
import {
  identifyKeyring,
  makePlace,
  type AgentPlace,
} from '../../../src/keyring/agent/socket-path.ts';
import type { Keyring, Terms } from '../../../src/keyring/contract.ts';
import { generationOf } from '../../../src/keyring/file/hold.ts';
import { openFileKeyring } from '../../../src/keyring/file/backend.ts';
import { createHeldKeyring } from '../../../src/keyring/file/held-keyring.ts';
import type { FileContext } from '../../../src/keyring/file/settings.ts';
import { createTestContext, testPassword } from '../../support/file-keyring.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A keyring's directory and the place of its agent's socket. */
export interface AgentSite {
  readonly directory: string;
  readonly place: AgentPlace;
  readonly env: Record<string, string>;
  /** Warnings of the keyrings of {@link open}. */
  readonly warnings: string[];
  /** Hints of these warnings. */
  readonly hints: string[];
  context(options?: OpenOptions): FileContext;
  /** Opens it as a command does. Default: without a password. */
  open(options?: OpenOptions): Keyring;
}

export interface OpenOptions {
  readonly password?: string | null;
  readonly host?: Partial<Host>;
}

/** @param directory is created if it does not exist */
export async function agentSite(
  directory = join(temporaryDirectory(), 'keyring'),
): Promise<AgentSite> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const env = { XDG_STATE_HOME: temporaryDirectory() };
  const warnings: string[] = [];
  const hints: string[] = [];
  const id = identifyKeyring(directory);
  if (id === undefined) throw new Error('the directory was just made');
  const place = await makePlace(id, { ...realHost(), env });
  function context({ password = null, host }: OpenOptions = {}): FileContext {
    const made = createTestContext({ directory, password, host: host ?? {} });
    return {
      ...made,
      host: { ...made.host, env: { ...made.host.env, ...env, ...host?.env } },
      warn(message, ways = []) {
        warnings.push(message);
        hints.push(...ways.map((hint) => formatHint(hint, posixSyntax)));
      },
    };
  }
  return {
    directory,
    place,
    env,
    warnings,
    hints,
    context,
    open(options) {
      const keyring = createAgentClientKeyring(async () => openFileKeyring)(context(options));
      onTestFinished(() => keyring.close());
      return keyring;
    },
  };
}

export interface ServeOptions {
  readonly password?: string;
  readonly terms?: Terms;
  readonly host?: Partial<Host>;
}

export const anHour: Terms = { ttlMs: 3_600_000, idleMs: 3_600_000 };

/** Starts an agent in this process; undefined if another one already serves the place. */
export async function tryServe(
  site: Pick<AgentSite, 'directory' | 'place'>,
  { password = testPassword, terms = anHour, host }: ServeOptions = {},
): Promise<AgentServer | undefined> {
  const { directory, place } = site;
  const id = identifyKeyring(directory);
  if (id === undefined) throw new Error('there is no directory to serve');
  const context = createTestContext({ directory, password: null, host: host ?? {} });
  const keyring = openFileKeyring({ ...context, heldPassword: () => Buffer.from(password) });
  const server = await startServer({
    place,
    held: createHeldKeyring({
      id,
      keyring,
      generation: () => generationOf(directory, context.host.userId),
    }),
    terms,
    peerOf: await loadPeerOf(context.host),
    host: context.host,
  });
  if (server) {
    onTestFinished(async () => {
      server.leave();
      await server.left;
    });
  }
  return server;
}

export async function serve(
  site: Pick<AgentSite, 'directory' | 'place'>,
  options?: ServeOptions,
): Promise<AgentServer> {
  const server = await tryServe(site, options);
  if (server === undefined) throw new Error('another agent serves it');
  return server;
}
