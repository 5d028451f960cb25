import { accessKey } from '../secrets.mjs';

const portal = `[sso-session corp]
sso_start_url = https://d-1234567890.awsapps.com/start#/
sso_region = eu-central-1

[profile admin]
sso_session = corp
sso_account_id = 222222222222
sso_role_name = Admin
region = eu-central-1
output = json
`;

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const init = {
  init: {
    title: 'auth init: identities for the profiles of the AWS CLI',
    async run(scene) {
      const { atmos, write, writeSecret } = scene;
      await atmos('auth init --yes');
      write('../.aws/config', portal);
      await atmos('auth login');
      await atmos('auth init');
      await atmos('auth init --yes');
      await atmos('auth init');
      write(
        '../.aws/config',
        `${portal}
[profile deploy]
role_arn = arn:aws:iam::333333333333:role/deploy
source_profile = admin
duration_seconds = 7200

[profile helper]
credential_process = /usr/local/bin/helper
s3 =
  max_concurrent_requests = 20
`,
      );
      writeSecret(
        '../.aws/credentials',
        `[work]\naws_access_key_id = ${accessKey.accessKeyId}\naws_secret_access_key = ${accessKey.secretAccessKey}\n`,
        0o600,
      );
      write('atmos.yaml', '# ours\nauth:\n  identities: {} # nobody yet\nlogs: { level: Info }\n');
      await atmos('auth init --yes --realm golden -o json');
      await atmos('auth init --yes --realm other');
      write('other', '[profile ci]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = ci\n');
      await atmos('auth init --yes --from other -o json');
      await atmos('auth init --yes --from nope');
      await atmos('auth validate');
    },
  },
};
