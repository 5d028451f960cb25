// How a scripted provider fails its callers. A behaviour is given the honest answer to take or leave.
import { DBusError, type Message } from '@jellybrick/dbus-next';

export interface Reply {
  signature: string;
  body: unknown[];
}

/** An answer, none, or the provider's end as by a crash. */
export type Outcome = Reply | 'silence' | 'death';

/** Calling `honest` does what was asked for; not calling it leaves it undone. */
export type Behaviour = (honest: () => Reply, call: Message) => Outcome | Promise<Outcome>;

/** Does nothing and never answers. */
export const silent: Behaviour = () => 'silence';

/** Does what was asked for and never says so. */
export const silentAfter: Behaviour = (honest) => {
  honest();
  return 'silence';
};

/** Dies before it has done anything. */
export const dying: Behaviour = () => 'death';

/** Dies when it has done what was asked for, before it says so. */
export const dyingAfter: Behaviour = (honest) => {
  honest();
  return 'death';
};

/** Honest, once that has come to pass. */
export function late(event: Promise<unknown>): Behaviour {
  return async (honest) => {
    await event;
    return honest();
  };
}

/** Says this, whatever it was asked, and does nothing. */
export function answering(signature: string, ...body: unknown[]): Behaviour {
  return () => ({ signature, body });
}

/** Refuses with an error of that name. */
export function refusing(name: string, text: string): Behaviour {
  return () => {
    throw new DBusError(name, text);
  };
}

/** So the first times, then honest. */
export function times(count: number, behaviour: Behaviour): Behaviour {
  let left = count;
  return (honest, call) => (left-- > 0 ? behaviour(honest, call) : honest());
}
