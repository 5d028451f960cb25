import type { Host } from '../../host/host.ts';
import {
  connectBlocking,
  hasBlockingSockets,
  type BlockingSocket,
} from '../../host/native-socket.ts';
import {
  AgentError,
  encodeFrame,
  formatGreeting,
  formatRequest,
  frameLength,
  lengthBytes,
  noAnswer,
  parseGreeting,
  parseReply,
  parseStored,
  protocolVersion,
} from './protocol.ts';
import { agentPlaces, checkPlace, identifyKeyring, look } from './socket-path.ts';

/** The whole program waits longer, and says for what. */
const limitMs = 2_000;

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

/**
 * Reads an entry of a file keyring from its agent on Linux, without what opens the keyring itself.
 * Blocks this process meanwhile.
 *
 * @param directory of the keyring
 * @returns the value, or null if the entry does not exist; undefined if no agent runs, or if
 *   `ATMOS_KEYRING_AGENT` is set
 * @throws AgentError, system errors, and KeyringError of the keyring that the agent opened
 */
export async function readThroughAgent(
  directory: string,
  key: string,
  host: Where,
): Promise<string | null | undefined> {
  // Its value may be wrong, which the keyring itself reports.
  if (host.env['ATMOS_KEYRING_AGENT'] || !hasBlockingSockets(host)) return undefined;
  const id = identifyKeyring(directory);
  if (id === undefined) return undefined;
  for (const place of await agentPlaces(id, host)) {
    if (look(place.socket)?.isSocket() !== true) continue;
    checkPlace(place, host, (path, fault) => {
      throw new AgentError('foreign', fault, { path });
    });
    const socket = connectBlocking(place.socket, limitMs);
    // It is not running.
    if (socket === 'ECONNREFUSED' || socket === 'ENOENT') continue;
    if (typeof socket === 'string') throw noAnswer();
    try {
      return ask(socket, id.name, key);
    } finally {
      socket.close();
    }
  }
  return undefined;
}

/** Sends the request with the greeting: it contains no secret, and another agent does not answer it. */
function ask(socket: BlockingSocket, directory: string, key: string): string | null {
  const greeting = formatGreeting({ version: protocolVersion, directory });
  const request = formatRequest({ op: 'get', key });
  socket.write(Buffer.concat([encodeFrame(greeting), encodeFrame(request)]));
  const answer = parseGreeting(receive(socket));
  if (answer?.version !== protocolVersion || answer.directory !== directory) throw noAnswer();
  return parseStored(parseReply(receive(socket))['value']);
}

function receive(socket: BlockingSocket): Buffer {
  const header = Buffer.alloc(lengthBytes);
  if (!socket.fill(header)) throw noAnswer();
  const frame = Buffer.alloc(frameLength(header));
  if (!socket.fill(frame)) throw noAnswer();
  return frame;
}
