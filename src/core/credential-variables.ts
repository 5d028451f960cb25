/**
 * Every variable from which an AWS SDK takes credentials, or the place where they are, or something
 * that belongs to credentials: all of them go unless we set them, so that no other can win.
 *
 * - botocore asks `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, and `AWS_SECURITY_TOKEN` beside
 *   `AWS_SESSION_TOKEN`; the JavaScript SDK leaves out the keys of the environment where a profile
 *   is named; the Go and Java SDKs know `AWS_ACCESS_KEY` and `AWS_SECRET_KEY` too.
 * - `AWS_ACCOUNT_ID` and `AWS_CREDENTIAL_SCOPE` are part of the credentials: left behind by others
 *   they send requests to an endpoint of another account.
 * - A bearer token beats every signature, for the services that take one.
 * - Variables that say where or how to call (`AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`, `AWS_RETRY_MODE`,
 *   the region) are no credentials, and stay.
 */
export const credentialVariables: readonly string[] = [
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_ACCOUNT_ID',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_CREDENTIAL_FILE',
  'AWS_CREDENTIAL_SCOPE',
  'AWS_DEFAULT_PROFILE',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SECURITY_TOKEN',
  'AWS_SESSION_TOKEN',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];

/** What no program that we start gets, and no file may set: our own way to the keyring. */
export const ownSecretVariables: readonly string[] = [
  'ATMOS_KEYRING_IMPORT_PASSWORD',
  'ATMOS_KEYRING_PASSWORD',
  'ATMOS_MFA_TOKEN',
  'CREDENTIALS_DIRECTORY',
];
