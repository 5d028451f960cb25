import { parse } from 'smol-toml';

/**
 * The data of a TOML text as JSON has it: dates are text. Undefined for what is no TOML.
 */
export function parseToml(text: string): unknown {
  try {
    return JSON.parse(JSON.stringify(parse(text)));
  } catch {
    return undefined;
  }
}
