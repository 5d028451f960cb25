import type { Host } from '../../../host/host.ts';
import { withinLimit } from '../../../host/time-limit.ts';
import { BusError, malformed } from './dbus/bus-error.ts';
import { busCall, type Bus } from './dbus/bus.ts';
import * as decode from './dbus/decode.ts';
import * as encode from './dbus/encode.ts';
import type { Call } from './dbus/message.ts';
import { serviceName, type Prompted } from './service.ts';

/** How long a person may take. */
const promptLimitMs = 30_000;
const promptInterface = 'org.freedesktop.Secret.Prompt';

/**
 * Lets the provider ask its person, if it has to, and takes the question back after 30 seconds.
 *
 * @param what what is asked, for the message: "to unlock the keyring"
 * @returns whether it may go on: false when the question was dismissed, by a person or for want of one
 * @throws BusError, `timeout` when nobody answered
 */
export async function followPrompt(
  bus: Bus,
  host: Pick<Host, 'sleep'>,
  { prompt }: Prompted,
  what: string,
): Promise<boolean> {
  if (prompt === undefined) return true;
  const completed = bus.nextSignal(prompt, 'Completed');
  try {
    await bus.call(busCall('AddMatch', encode.text(matchRule(prompt))), decode.tupleOf<[]>());
    await bus.call(promptCall(prompt, 'Prompt', encode.text('')), decode.tupleOf<[]>());
    const expired = () => new BusError('timeout', `nobody answered the question ${what}`);
    const { signature, body } = await withinLimit(host, promptLimitMs, completed.message, expired);
    if (signature !== 'bv') throw malformed('the end of a question has another type');
    return !decode.flag.read(body);
  } catch (error) {
    dismissPrompt(bus, { prompt });
    throw error;
  } finally {
    completed.forget();
  }
}

/** Takes a question back that was not asked, or not answered. Nothing is waited for. */
export function dismissPrompt(bus: Bus, { prompt }: Prompted): void {
  if (prompt !== undefined && bus.isOpen()) bus.send(promptCall(prompt, 'Dismiss'));
}

function promptCall(path: string, member: string, ...body: encode.Argument[]): Call {
  return { destination: serviceName, path, interface: promptInterface, member, body };
}

function matchRule(prompt: string): string {
  return `type='signal',sender='${serviceName}',interface='${promptInterface}',member='Completed',path='${prompt}'`;
}
