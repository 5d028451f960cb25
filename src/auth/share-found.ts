import { isAtmosError } from '../core/errors.ts';
import { aloneFor, turnOf, type Opening } from './opening.ts';
import { storedSession } from './session.ts';
import { sourceNames } from './tool-session.ts';

/**
 * Writes the token of a provider that was stored before for the tool that shares it: it was not shared
 * then, or the file was removed. What has just been opened is written by its kind. A failure is a warning,
 * because the token can be used.
 */
export async function shareFound(opening: Opening): Promise<void> {
  const { store, host, warn } = opening.context;
  const { target } = opening.chain;
  const { name, toolTokens } = target.plan;
  if (toolTokens === undefined) return;
  try {
    // Another process may renew the token meanwhile.
    await aloneFor(opening)(turnOf(opening, target), async () => {
      const { session } = await storedSession(store, target);
      if (session !== undefined) await toolTokens.write?.(session, host);
    });
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    const other = sourceNames[toolTokens.tool];
    warn(`the token of provider ${name} is not shared with ${other}: ${error.message}`);
  }
}
