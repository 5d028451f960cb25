export { AtmosError, type ErrorCode } from './core/errors.ts';
export type { Keyring, PasswordRequest, PromptPassword } from './keyring/contract.ts';
export type { ListedLink } from './app/list-links.ts';
export type { RemovedItem } from './app/logout.ts';
export type { RemovedFile } from './app/session-files.ts';
export type { Whoami } from './app/whoami.ts';
export {
  createAuth,
  type Auth,
  type CreateAuthOptions,
  type SessionCredentials,
  type SignInCallbacks,
} from './create-auth.ts';
