const config = `auth:
  realm: golden
  keyring: { type: file }
  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: https://d-1234567890.awsapps.com/start
      region: eu-central-1
  identities:
    dev:
      kind: aws/permission-set
      default: true
      via: { provider: corp }
      principal: { name: ReadOnly, account: { id: '111111111111' } }
`;

/** @param {string} [credentials] of the identity without an access key */
const userConfig = (credentials) => `auth:
  realm: golden
  keyring: { type: file }
  identities:
    ada:
      kind: aws/user
      default: true
      ${credentials ? `credentials: { ${credentials} }` : ''}
    admin:
      kind: aws/assume-role
      via: { identity: ada }
      principal: { assume_role: arn:aws:iam::123456789012:role/admin }
`;

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const signIn = {
  'sign-in': {
    title: 'IAM Identity Center, where no one can be asked to sign in',
    async run({ atmos, write }) {
      write('atmos.yaml', config);
      await atmos('auth validate');
      await atmos('auth list');
      await atmos('auth login --plan');
      await atmos('auth login');
      await atmos('auth login --device-code --no-browser');
      await atmos('auth login --provider corp');
      await atmos('auth login -p none');
      await atmos('auth exec --device-code --no-browser -- true');
      await atmos('auth shell --device-code --no-browser');
      await atmos('auth env --login --device-code --no-browser');
      await atmos('auth credential-process');
      await atmos('auth whoami');
      await atmos('auth logout --provider corp');
      await atmos('auth logout --provider corp --local -o json');
      await atmos('auth logout --local');
      await atmos('auth keyring doctor');
    },
  },
  webflow: {
    title: 'A user without an access key, where no one can be asked to sign in in a browser',
    async run({ atmos, write }) {
      write('atmos.yaml', userConfig('webflow_enabled: true'));
      await atmos('auth validate');
      await atmos('auth list');
      await atmos('auth login --plan');
      await atmos('auth login --plan --webflow -o json');
      await atmos('auth login');
      await atmos('auth login -i admin');
      await atmos('auth login -i admin --webflow');
      await atmos('auth login --provider corp --webflow');
      await atmos('auth login --all --webflow');
      await atmos('auth credential-process');
      await atmos('auth whoami');
      write('atmos.yaml', userConfig());
      await atmos('auth login');
      await atmos('auth login --webflow');
      write('atmos.yaml', userConfig('webflow_enabled: false'));
      await atmos('auth login');
      await atmos('auth login --webflow');
      write('atmos.yaml', userConfig("webflow_enabled: 'yes'"));
      await atmos('auth validate');
    },
  },
  'provisioned-identities': {
    title: 'a provider that lists identities, where no one can be asked to sign in',
    async run({ atmos, write }) {
      write('atmos.yaml', config);
      await atmos('auth list --refresh');
      write(
        'atmos.yaml',
        config.replace('region:', 'auto_provision_identities: true\n      region:'),
      );
      await atmos('auth validate');
      await atmos('auth list');
      await atmos('auth list -o json');
      await atmos('auth list --refresh');
      await atmos('auth list --refresh --providers=corp');
      await atmos('auth login --all');
      await atmos('auth login --all --provider corp');
      await atmos('auth login --all --plan');
      await atmos('auth login --all --tags x');
      await atmos('auth whoami -i prod/ReadOnly');
    },
  },
};
