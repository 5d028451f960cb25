// Every secret of the scenarios. All are fake. None of them may occur in a transcript: where a
// command's purpose is to print it, its name in angle brackets replaces it.

/** The access key of the user that the stand-in for AWS STS knows. */
export const accessKey = {
  accessKeyId: 'AKIAGOLDENACCESSKEY1',
  secretAccessKey: 'golden/fake+secret+access+key/of+a+user1',
};
/** Another access key of the same user. */
export const secondKey = {
  accessKeyId: 'AKIAGOLDENACCESSKEY2',
  secretAccessKey: 'golden/fake+secret+access+key/of+a+user2',
};
/** An access key that AWS does not know. */
export const unknownKey = {
  accessKeyId: 'AKIAGOLDENUNKNOWNKEY',
  secretAccessKey: 'golden/fake+secret+access+key/of+unknown',
};
export const password = 'golden fake password of the keyring';
export const newPassword = 'golden fake password from now on';
export const otherPassword = 'golden fake password of another keyring';
export const archivePassphrase = 'golden fake passphrase of the archive';
/** Identities of age, with their public keys. */
export const readers = {
  ann: {
    identity: 'AGE-SECRET-KEY-1H7ZGEF8FWHNH940W8QGKXET7WC469VHMS6PPU7XQGRLR5FZDZC8SRTG22F',
    recipient: 'age1y9703mkws2w58xwflayzljk3zze2s5kacyut4k0j0v8t76ww25jq2qjcnw',
  },
  ben: {
    identity: 'AGE-SECRET-KEY-1F0UY8X5ALM0C2555ECHESKUMUA45JXUY3VGQNY4GCFN4454V9PGSQPTGUR',
    recipient: 'age1acazdsrt36xvul6pdhfcqrv7hgpxpv422vrk9a2k55nwk8susezsny58xe',
  },
  cleo: {
    identity: 'AGE-SECRET-KEY-1N3JXRSG5FESN4C4DVTHF4DVZNVJF4H48Q3RYVK5TJU29EAXYN80S8A6VNH',
    recipient: 'age1sxgl2vfrrnwqdnuv9qpjhf9qahpph0lr53d7mq8ex0gd4wzns4tqsew706',
  },
};
export const mfaCodes = ['271828', '314159', '161803'];

/** The sessions of the stand-in, the same in every run. Their secrets need quotes in a shell. */
export function createSessions() {
  let count = 0;
  return () => {
    count += 1;
    const number = String(count).padStart(2, '0');
    return {
      accessKeyId: `ASIAGOLDENSESSION${number}A`,
      secretAccessKey: `golden/fake+secret+access+key+session+${number}`,
      token: `golden/fake+session+token+${number}/${'x'.repeat(200)}==`,
    };
  };
}

const byName = {
  'secret access key': /golden\/fake\+secret\+access\+key\/of\+a\+user1/g,
  'second secret access key': /golden\/fake\+secret\+access\+key\/of\+a\+user2/g,
  'unknown secret access key': /golden\/fake\+secret\+access\+key\/of\+nobody1/g,
  'secret access key of the session': /golden\/fake\+secret\+access\+key\+[\w+]*/g,
  'session token': /golden\/fake\+session\+token\+\d\d\/x{200}==/g,
  password: new RegExp(password, 'g'),
  'new password': new RegExp(newPassword, 'g'),
  'other password': new RegExp(otherPassword, 'g'),
  'passphrase of the archive': new RegExp(archivePassphrase, 'g'),
  'identity of age': /AGE-SECRET-KEY-1[0-9A-Z]{58}/g,
  'secret of the readers': /akr1_[\w-]{43}/g,
};

/**
 * The names of the secrets in a text, in plain text or without their quotes, reversed or in base64.
 *
 * @param {string} text
 */
export function secretsIn(text) {
  const reversed = Array.from(text).toReversed().join('');
  const decoded = (text.match(/[\w+/=-]{24,}/g) ?? []).map((word) =>
    Buffer.from(word, 'base64').toString('latin1'),
  );
  return Object.entries(byName)
    .filter(([, pattern]) => [text, reversed, ...decoded].some((form) => form.search(pattern) >= 0))
    .map(([name]) => name);
}

/**
 * A text with names in place of the secrets.
 *
 * @param {string} text
 */
export function withoutSecrets(text) {
  return Object.entries(byName).reduce(
    (masked, [name, pattern]) => masked.replaceAll(pattern, `<${name}>`),
    text,
  );
}
