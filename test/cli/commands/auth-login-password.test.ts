import { expect, onTestFinished, test } from 'vitest';
import { startIdentityCenter } from '../../support/aws/identity-center.mjs';
import { openDesk } from './desk.ts';
import { person } from './person.ts';

// A login whose keyring does not exist yet.

async function openNewDesk() {
  const desk = await openDesk();
  const center = await startIdentityCenter({});
  onTestFinished(() => center.close());
  desk.configure(
    `auth:\n  realm: r\n  keyring: { type: file }\n  providers:\n    corp: { kind: aws/iam-identity-center, start_url: '${center.startUrl}', region: ${center.region} }\n`,
  );
  const env = {
    ATMOS_KEYRING_PASSWORD: undefined,
    AWS_ENDPOINT_URL_SSO: center.url,
    AWS_ENDPOINT_URL_SSO_OIDC: center.url,
  };
  return { desk, center, env };
}

test('asks for the password of the keyring before it signs in, and ends if that is canceled', async () => {
  const { desk, center, env } = await openNewDesk();
  const user = person();
  const result = await desk.run('auth login --provider corp', { person: user, env });
  expect(result).toMatchObject({ code: 'ERR_CANCELLED', stderr: 'error: canceled\n' });
  expect(user.asked).toEqual([
    expect.stringMatching(/^Choose a password for the new keyring /) as string,
  ]);
  expect(center.requests()).toEqual({});
});
