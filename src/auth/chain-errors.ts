import { AtmosError } from '../core/errors.ts';
import { optionWords, type Hint } from '../core/hint.ts';
import { titleOf } from '../core/kind-config.ts';
import { keyLinkOf, linkAt, pathOf, type Chain } from './chain.ts';

/** The keyring is the same for all links, and these errors name it or the entry. */
function isOfKeyring({ code }: AtmosError): boolean {
  return /^ERR_(KEYRING|STORE)_/.test(code);
}

/**
 * The error with the name of the identity or provider that was asked for and, in a chain, of the link that failed,
 * also in the hints that need a name. Errors of the keyring and cancellations stay as they are.
 */
export function errorOfLink(error: AtmosError, chain: Chain, at: number): AtmosError {
  if (isOfKeyring(error) || error.code === 'ERR_CANCELLED') return error;
  const { config } = linkAt(chain, at);
  const target = chain.target.config;
  const title = titleOf(target);
  const { name: keyOwner } = keyLinkOf(chain, at).config;
  const hints = error.hintValues.map((hint) =>
    forIdentity(hint, { target: target.name, keyOwner }),
  );
  const { message, code, cause } = error;
  if (chain.links.length === 1) {
    if (message.includes(title)) return error;
    return new AtmosError(code, `no session for ${title}: ${message}`, { hints, cause });
  }
  const path = pathOf(chain.links.map((link) => link.config));
  const which = `link ${at + 1} of ${chain.links.length}, ${titleOf(config)} (${config.kind})`;
  const why = withoutTitle(message, titleOf(config));
  return new AtmosError(code, `no session for ${title} (${path}): ${which}: ${why}`, {
    hints,
    cause,
  });
}

/** `provider corp needs a sign-in` without the name that precedes it already. */
function withoutTitle(message: string, title: string): string {
  const [, rest] = message.startsWith(title)
    ? (/^:? (.+)$/s.exec(message.slice(title.length)) ?? [])
    : [];
  return rest ?? message;
}

/** Commands that use the default identity if no name is given, and whose name they need. */
const needingIdentity = [
  { words: ['atmos', 'auth', 'login'], of: 'target' },
  { words: ['atmos', 'auth', 'login', '--force'], of: 'target' },
  { words: ['atmos', 'auth', 'user', 'configure'], of: 'keyOwner' },
] as const;

/** The hint, with the identity in a command that needs one. */
function forIdentity(hint: Hint, names: Readonly<Record<'target' | 'keyOwner', string>>): Hint {
  if (hint.kind !== 'run') return hint;
  const { command } = hint;
  const needed = needingIdentity.find(
    ({ words }) =>
      words.length === command.length && words.every((word, index) => word === command[index]),
  );
  if (needed === undefined) return hint;
  return { ...hint, command: [...command, ...optionWords('--identity', names[needed.of])] };
}
