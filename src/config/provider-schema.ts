import { anything, mapOf, setting, text } from '../core/validate.ts';

/** A provider. What its kinds have of their own is described here until a kind checks it itself. */
export const providerSchema = mapOf({
  kind: setting(text, 'What sort of provider it is. No kind works in this version yet.'),
  default: setting(anything, 'Whether it is the one used when none is named.'),
  region: setting(anything, 'The AWS region of `aws/iam-identity-center` and `aws/saml`.'),
  start_url: setting(anything, 'The portal of `aws/iam-identity-center`.'),
  auto_provision_identities: setting(
    anything,
    'Whether `aws/iam-identity-center` makes an identity of each account and role.',
  ),
  url: setting(anything, 'The login page of `aws/saml`.'),
  username: setting(anything, 'The user of `aws/saml`.'),
  password: setting(anything, 'The password of `aws/saml`. Say it by `!env`.'),
  driver: setting(anything, 'How `aws/saml` logs in: `Browser`, `Okta`, `ADFS` …'),
  provider_type: setting(anything, 'The old name of `driver`.'),
  download_browser_driver: setting(anything, 'Whether `aws/saml` may download a browser.'),
  browser_type: setting(anything, 'The browser of `aws/saml`.'),
  browser_executable_path: setting(anything, 'Where the browser of `aws/saml` is.'),
  session: setting(anything, '`duration`: how long its sessions last.'),
  console: setting(anything, '`session_duration`: how long one stays in the web console.'),
  spec: setting(anything, 'Settings of its kind.'),
  tags: setting(anything, 'Words to filter by.'),
});
