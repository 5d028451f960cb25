// Every scenario, by the name of its transcript. test/script/golden.test.ts fails when a command of
// the program is in none of them.
import { audit } from './scenarios/audit.mjs';
import { authEnv } from './scenarios/auth-env.mjs';
import { authExec } from './scenarios/auth-exec.mjs';
import { chains } from './scenarios/chains.mjs';
import { configuration } from './scenarios/configuration.mjs';
import { credentialProcess } from './scenarios/credential-process.mjs';
import { examples } from './scenarios/examples.mjs';
import { keyringAgent } from './scenarios/keyring-agent.mjs';
import { keyringCopies } from './scenarios/keyring-copies.mjs';
import { keyringFile } from './scenarios/keyring-file.mjs';
import { keyringTypes } from './scenarios/keyring-types.mjs';
import { program } from './scenarios/program.mjs';
import { init } from './scenarios/init.mjs';
import { profiles } from './scenarios/profiles.mjs';
import { recipients } from './scenarios/recipients.mjs';
import { rekey } from './scenarios/rekey.mjs';
import { sessions } from './scenarios/sessions.mjs';
import { signIn } from './scenarios/sign-in.mjs';
import { trust } from './scenarios/trust.mjs';
import { userConfigure } from './scenarios/user-configure.mjs';

/** @type {Readonly<Record<string, import('./record.mjs').Scenario>>} */
export const scenarios = {
  ...audit,
  ...authEnv,
  ...authExec,
  ...chains,
  ...configuration,
  ...credentialProcess,
  ...examples,
  ...init,
  ...keyringAgent,
  ...keyringCopies,
  ...keyringFile,
  ...keyringTypes,
  ...profiles,
  ...program,
  ...recipients,
  ...rekey,
  ...sessions,
  ...signIn,
  ...trust,
  ...userConfigure,
};
