import type { Host } from '../../../../host/host.ts';
import { BusError } from './bus-error.ts';

/** Linux silently cuts off longer socket names. */
const maxSocketNameBytes = 107;

type Where = Pick<Host, 'env'>;

/**
 * The sockets of the session bus as Node names them (a leading NUL: abstract), in the order to try:
 * `DBUS_SESSION_BUS_ADDRESS`, else `$XDG_RUNTIME_DIR/bus`. Ignores transports other than Unix
 * sockets; D-Bus's own `autolaunch:` would start a bus that no other program uses.
 *
 * @throws BusError `absent` if no socket remains
 */
export function sessionBusSockets({ env }: Where): string[] {
  const address = env['DBUS_SESSION_BUS_ADDRESS'];
  const runtimeDirectory = env['XDG_RUNTIME_DIR'];
  if (address) {
    const sockets = address.split(';').flatMap((entry) => socketsOf(entry, runtimeDirectory));
    if (sockets.length > 0) return sockets;
    throw new BusError('absent', 'DBUS_SESSION_BUS_ADDRESS contains no usable Unix socket');
  }
  if (runtimeDirectory?.startsWith('/')) return [`${runtimeDirectory}/bus`].filter(isSocketName);
  throw new BusError(
    'absent',
    'there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set',
  );
}

function socketsOf(entry: string, runtimeDirectory: string | undefined): string[] {
  const [transport, parameters] = splitOnce(entry, ':');
  if (transport !== 'unix') return [];
  const values = new Map(parameters.split(',').map((parameter) => splitOnce(parameter, '=')));
  const path = unescape(values.get('path'));
  const abstract = unescape(values.get('abstract'));
  if (path?.startsWith('/')) return [path].filter(isSocketName);
  if (abstract) return [`\0${abstract}`].filter(isSocketName);
  if (values.get('runtime') === 'yes' && runtimeDirectory?.startsWith('/')) {
    return [`${runtimeDirectory}/bus`].filter(isSocketName);
  }
  return [];
}

/** Decodes `%xx` in a value of an address; undefined if it is invalid. */
function unescape(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function isSocketName(name: string): boolean {
  return Buffer.byteLength(name) <= maxSocketNameBytes && !name.includes('\0', 1);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
