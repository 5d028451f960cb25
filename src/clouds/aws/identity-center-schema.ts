// The settings of a provider of kind aws/iam-identity-center, as they are written and documented.

import { flag, mapOf, setting, text, textAs, textOrCount } from '../../core/validate.ts';
import { endpointKeys } from './endpoint-settings.ts';

export const schema = mapOf({
  start_url: setting(
    text,
    "The address of the AWS access portal, such as `https://d-1234567890.awsapps.com/start`. Required. In a project's file, an address that does not belong to AWS requires trust.",
  ),
  region: setting(
    text,
    'The region of IAM Identity Center. Required. Identities that are opened with it and name no region use it as well.',
  ),
  auto_provision_identities: setting(
    flag,
    'Whether the accounts and permission sets of the person who signed in become identities, named `account/permission-set`.',
    { default: false },
  ),
  session: setting(
    mapOf({
      duration: setting(
        textOrCount,
        'Not used, as in Atmos: AWS determines how long a token is valid.',
      ),
    }),
    'Accepted for Atmos, and not used.',
    { isForAtmos: true },
  ),
  spec: setting(
    mapOf({
      flow: setting(
        text,
        'How a person signs in: `browser` (the page redirects to this machine), `device` (with a code, on any machine) or `auto` (`browser` if one can be opened on this machine).',
        { default: 'auto' },
      ),
      callback_port: setting(
        textOrCount,
        'The port on 127.0.0.1 to which the page redirects, for a port that is forwarded.',
        { otherwise: 'any free port' },
      ),
      browser: setting(
        text,
        "The command that opens the page. In a project's file it requires trust.",
        { isCommand: true, otherwise: 'the browser of the user' },
      ),
      session: setting(
        text,
        'A label for a separate token, for two persons at one portal. Providers with the same `start_url`, `region` and label share a token. With `share`, the name of the `[sso-session …]` of the AWS CLI.',
      ),
      share: setting(
        textAs('aws-cli'),
        "`aws-cli`: the token is also written to `~/.aws/sso/cache` in plain text, for the AWS CLI and the AWS SDKs, and a token that they have renewed is used. In a project's file it requires trust. Not together with `endpoint_url`.",
        { otherwise: 'not shared' },
      ),
      expect: setting(
        mapOf({
          account: setting(text, 'An account, 12 digits, that the person must have access to.'),
          user: setting(
            text,
            'The user name of the person. It is read from a session of a role, so the person must have access to an account.',
          ),
        }),
        'Who must have signed in. Otherwise the token is not stored.',
      ),
      write_identities_for_atmos: setting(
        flag,
        "Whether the identities of `auto_provision_identities` are also written to the file from which Atmos reads them. In a project's file it requires trust.",
        { default: false },
      ),
      ...endpointKeys,
      endpoint_url: setting(
        text,
        "The URL of another endpoint for the portal and for the sign-in, without user and password. In a project's file it requires trust, unless it belongs to AWS.",
      ),
    }),
    'How to sign in, and where requests go.',
  ),
});
