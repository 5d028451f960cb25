const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/** Forms that the AWS CLI accepts, each with the key of a different profile. */
export const oddForms = {
  credentials: `[caps]
AWS_ACCESS_KEY_ID = AKIACAPITALS00000000
AWS_SECRET_ACCESS_KEY = ${secret}
[profile misplaced]
aws_access_key_id = AKIAMISPLACED0000000
aws_secret_access_key = ${secret}
[with space]
aws_access_key_id: AKIAWITHASPACE000000
aws_secret_access_key: ${secret}
[both]
aws_access_key_id=AKIAOFCREDENTIALS000
`,
  config: `[profile "My Prof"]
aws_access_key_id = AKIAMYPROF0000000000
aws_secret_access_key = ${secret}
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile 'single']
aws_access_key_id = AKIASINGLE0000000000
aws_secret_access_key = ${secret}
[profile nested]
s3 =
  aws_access_key_id = not this one
aws_access_key_id = AKIANESTED0000000000
aws_secret_access_key = ${secret}
[profile both]
aws_access_key_id = AKIAOFCONFIG00000000
aws_secret_access_key = ${secret}
[profile two words]
aws_access_key_id = AKIANOTREAD000000000
aws_secret_access_key = ${secret}
[plain]
aws_access_key_id = AKIANOTREAD000000000
aws_secret_access_key = ${secret}
`,
};
export const oddKeys: readonly (readonly [profile: string, id: string])[] = [
  ['My Prof', 'AKIAMYPROF0000000000'],
  ['both', 'AKIAOFCREDENTIALS000'],
  ['caps', 'AKIACAPITALS00000000'],
  ['nested', 'AKIANESTED0000000000'],
  ['profile misplaced', 'AKIAMISPLACED0000000'],
  ['single', 'AKIASINGLE0000000000'],
  ['with space', 'AKIAWITHASPACE000000'],
];
/**
 * Names that are not profiles: of sections of other types, and of headers that are parsed
 * differently.
 */
export const noProfiles = ['misplaced', 'two words', 'plain', 'profile plain', '"My Prof"'];
