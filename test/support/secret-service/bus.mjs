// Starts a dbus-daemon. Its configuration names no service folder, so it starts no provider: by
// default it is a bus without a provider.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPlace } from './place.mjs';
import { startProgram } from './program.mjs';
import { createReleases } from './releases.mjs';

/** @import { BusOptions, TestBus, RunningProgram } from './types.ts' */

/**
 * @param {BusOptions} [options]
 * @returns {Promise<TestBus>}
 */
export async function openBus({ home, maxConnections = 256 } = {}) {
  const { bus } = await openBusWith({ home, maxConnections });
  return bus;
}

/**
 * The same, with a function to add programs and other resources that are stopped with it.
 *
 * @param {{ home?: string | undefined, maxConnections?: number }} options
 */
export async function openBusWith({ home, maxConnections = 256 }) {
  const { add, releaseAll } = createReleases();
  const place = createPlace(home);
  add(place.remove);
  /** @type {RunningProgram[]} */
  const programs = [];

  /**
   * @param {string} program
   * @param {readonly string[]} args
   * @param {string} [input]
   */
  async function start(program, args, input = '') {
    const started = await startProgram(program, args, { env: place.env, input });
    programs.push(started);
    add(started.stop);
    return started;
  }

  try {
    const configuration = join(place.directory, 'bus.conf');
    const address = place.env.DBUS_SESSION_BUS_ADDRESS;
    writeFileSync(configuration, formatConfiguration(address, maxConnections));
    const args = [`--config-file=${configuration}`, '--nofork', '--nopidfile', '--print-address'];
    const daemon = await start('dbus-daemon', args);
    await daemon.firstLine();
    /** @type {TestBus} */
    const bus = {
      env: place.env,
      busAddress: address,
      home: place.home,
      pids: () => programs.filter((program) => program.isRunning()).map(({ pid }) => pid),
      close: releaseAll,
    };
    return { bus, start, add };
  } catch (error) {
    await releaseAll();
    throw error;
  }
}

/**
 * @param {string} address
 * @param {number} maxConnections
 */
function formatConfiguration(address, maxConnections) {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_connections_per_user">${maxConnections}</limit>
</busconfig>
`;
}
