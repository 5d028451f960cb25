import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { listFiles, say, type Hint } from '../../core/hint.ts';
import { showValue, type Sourced } from '../../core/json.ts';
import type { Provider } from '../../core/kind-config.ts';
import { reasonOf } from '../../host/denial.ts';
import { requireFromHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { irregularKind, irregularKindAt, readFile } from '../../host/read-files.ts';
import type { OpenContext, Opened } from '../contract.ts';
import { parseIdentityToken, type TokenTerms } from '../identity-token.ts';
import { runConfiguredCommand } from '../run-command.ts';

/** Where a token comes from. */
export interface TokenSource {
  readonly kind: 'file' | 'variable' | 'command';
  /** The path, the name, or the command. */
  readonly value: string;
}

export interface TokenSettings {
  readonly source: TokenSource;
  readonly audience?: string;
  readonly issuer?: string;
}

/** More than a token may have, so that its own limit is reported. */
const maxBytes = 64 * 1024;

/** Reads the token from its source, and checks it. @throws ERR_AUTH_SOURCE_FAILED, ERR_USAGE */
export async function readToken(
  provider: Provider,
  { source, ...expected }: TokenSettings,
  context: OpenContext,
): Promise<Opened> {
  const path = ['spec', source.kind];
  const place = provider.locate(path);
  const said = { value: source.value, source: place, tag: provider.tagAt(path) };
  const { text, ...found } = await textFrom(provider, source.kind, said, context);
  const terms = { ...expected, ...found };
  const credentials = parseIdentityToken(text, terms, context.host.now());
  return { credentials, clockOffsetMs: 0, limits: [] };
}

interface Found extends Pick<TokenTerms, 'from' | 'renewal'> {
  readonly text: string;
}

async function textFrom(
  provider: Provider,
  kind: TokenSource['kind'],
  said: Sourced<string>,
  context: OpenContext,
): Promise<Found> {
  switch (kind) {
    case 'file':
      return fromFile(provider, said, context.host);
    case 'variable':
      return fromVariable(said, context.host);
    case 'command': {
      const { timeoutMs } = context;
      const command = { command: said.value, title: 'the token command', place: said.source };
      const text = await runConfiguredCommand(command, context, { timeoutMs, maxBytes });
      const renewal = [say('run the command in a shell to see whether it prints a new token')];
      return { text, from: `the token command (${said.source})`, renewal };
    }
  }
}

function fromVariable(said: Sourced<string>, { env }: Host): Found {
  const from = `the variable ${showValue(said)} (${said.source})`;
  const renewal = [say('a token in a variable is not renewed: start the job or the shell again')];
  const text = env[said.value];
  if (text !== undefined) return { text, from, renewal };
  throw failed(`${from} is not set`, [
    say(
      'the system that runs this job must provide the token: see the documentation of oidc/token',
    ),
  ]);
}

function fromFile(provider: Provider, said: Sourced<string>, host: Host): Found {
  const value = provider.besideFile(said.value, ['spec', 'file']);
  const path = requireFromHome({ ...said, value }, host);
  const from = `the token file ${showValue({ ...said, value: path })} (${said.source})`;
  const list = said.tag === undefined ? [listFiles([path])] : [];
  const renewal = [say('the program that writes the token file must renew it'), ...list];
  try {
    const { bytes, stats } = readFile(path, { maxBytes });
    const kind = irregularKind(stats);
    if (kind !== undefined) throw failed(`${from} is ${kind}`, list);
    if (bytes === undefined) throw failed(`${from} is too large for a token`, list);
    return { text: bytes.toString('utf8'), from, renewal };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw failed(`${from} ${reasonFor(code, path, said.tag)}`, list);
  }
}

function reasonFor(code: string, path: string, tag: string | undefined): string {
  if (code === 'ENOENT') return 'does not exist';
  const kind = irregularKindAt(path);
  if (kind !== undefined) return `is ${kind}`;
  // The reason contains the path, which is not shown if a tag provided it.
  return `cannot be read: ${tag === undefined ? reasonOf(code, path) : code}`;
}

function failed(message: string, hints: readonly Hint[]): AtmosError {
  return new AtmosError('ERR_AUTH_SOURCE_FAILED', message, { hints });
}
