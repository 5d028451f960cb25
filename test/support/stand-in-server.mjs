// What the stand-ins for services of AWS share: a server on loopback, reading a request, and the
// behavior that a test scripts for later requests.
import { createServer } from 'node:http';

/**
 * @import { IncomingMessage, RequestListener } from 'node:http'
 * @import { SignedRequest } from './sts-types.ts'
 *
 * @typedef {object} RequestScript what the next requests get before, or instead of, an answer
 * @property {boolean} [hang] no response at all
 * @property {boolean} [reset] the connection is dropped without a response
 * @property {number} [delayMs] milliseconds to wait before the response
 * @property {Promise<void>} [until] a promise to wait for before the response
 * @property {number} [times] the number of requests. Default 1
 * @property {string} [action] applies to requests of this action only. Default: to any
 */

const maxBodyBytes = 64 * 1024;

/**
 * Serves on a loopback address, on a port that the system chooses.
 *
 * @param {RequestListener} listener
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serveOnLoopback(listener) {
  const server = createServer(listener);
  const port = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * The whole request, or undefined when the client disconnected or sent too much.
 *
 * @param {IncomingMessage} incoming
 * @returns {Promise<SignedRequest | undefined>}
 */
export async function readRequest(incoming) {
  /** @type {Buffer[]} */
  const chunks = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: Buffer.concat(chunks) };
}

/**
 * The scripted behavior of later requests, in the order in which it was added.
 *
 * @template {RequestScript} Script
 */
export function createScripts() {
  /** @type {Script[]} */
  const scripts = [];
  return {
    /** @param {Script} script */
    add({ times = 1, ...script }) {
      for (let count = 0; count < times; count += 1) scripts.push(/** @type {Script} */ (script));
    },
    /**
     * Takes the first script for the action.
     *
     * @param {string | null} action
     * @returns {Partial<Script>}
     */
    take(action) {
      const at = scripts.findIndex((script) => (script.action ?? action) === action);
      return at < 0 ? {} : (scripts.splice(at, 1)[0] ?? {});
    },
  };
}

/**
 * Does what a script says before the response.
 *
 * @param {Partial<RequestScript>} script
 * @param {IncomingMessage} incoming
 * @returns {Promise<boolean>} whether the request gets a response
 */
export async function act({ delayMs, until, hang = false, reset = false }, incoming) {
  if (delayMs !== undefined) await pause(delayMs);
  await until;
  if (reset) incoming.socket.resetAndDestroy();
  return !hang && !reset;
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
