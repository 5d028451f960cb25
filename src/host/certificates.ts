import { existsSync, readFileSync } from 'node:fs';
import tls from 'node:tls';

/** Where Linux distributions keep the certificates that they trust: Debian, Fedora, SUSE, Alpine. */
const linuxBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

type NewerTls = Pick<typeof tls, 'connect'> & { getCACertificates?(store: 'system'): string[] };

/**
 * The certificates of authorities that the system trusts, as PEM. Empty where they cannot be read: on
 * macOS and Windows before Node 22.15, which alone knows which of them a user has distrusted.
 */
export function systemCertificates(): readonly string[] {
  const { getCACertificates }: NewerTls = tls;
  if (getCACertificates !== undefined) return getCACertificates('system');
  if (process.platform !== 'linux') return [];
  const bundle = linuxBundles.find((path) => existsSync(path));
  return bundle === undefined ? [] : [readFileSync(bundle, 'utf8')];
}
