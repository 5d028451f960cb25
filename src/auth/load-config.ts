import * as config from '../config/load.ts';
import type { Host } from '../host/host.ts';
import { specSchema } from '../keyring/registry.ts';

// Loading with what config/ does not know: the settings of the backends of the keyring.

/** {@link config.loadConfig} for the backends of the registry. */
export function loadConfig(options: config.LoadOptions, host: Host): Promise<config.Config> {
  return config.loadConfig(options, specSchema, host);
}

/** {@link config.loadLayers} for the backends of the registry. */
export function loadLayers(
  loaded: Pick<config.Config, 'layers' | 'directory'>,
  options: Pick<config.LoadOptions, 'isStatic'>,
  host: Host,
): Promise<config.Config> {
  return config.loadLayers(loaded, options, specSchema, host);
}

/** {@link config.configFromObject} for the backends of the registry. */
export function configFromObject(
  object: object,
  host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
): Promise<config.Config> {
  return config.configFromObject(object, specSchema, host);
}
