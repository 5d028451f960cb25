import { isLoopback } from '../../core/loopback.ts';
import { isAwsRegion } from './regions.ts';

// The address of a portal of IAM Identity Center, and which addresses belong to AWS. Pure.

/**
 * One spelling for all addresses of a portal: without `#/…`, `/` at the end, default port and final dot
 * of the host, and the host in lower case. Undefined for what is not an https URL (or http on this
 * machine), and for a URL with user, password or query.
 */
export function normalizeStartUrl(text: string): string | undefined {
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && !/^[^#]*\?/.test(text);
  if (!isPlain) return undefined;
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) return undefined;
  url.hash = '';
  url.hostname = url.hostname.replace(/\.+$/, '');
  return url.href.replace(/\/+$/, '');
}

/**
 * Hosts of portals and of the pages on which people sign in, as the AWS CLI 2.36 lists them, and
 * `device.sso.REGION`, the page for codes.
 */
const ownHosts: readonly RegExp[] = [
  /\.awsapps\.(com|cn)$/,
  /\.app\.aws$/,
  /\.portal\.amazonaws\.(com|com\.cn|eu)$/,
  /\.app\.amazonwebservices\.com\.cn$/,
  /\.api\.amazonwebservices\.eu$/,
  /^identitycenter(\.us-gov)?\.amazonaws\.(com|com\.cn|eu)$/,
  /^device\.sso\.[a-z0-9-]+\.amazonaws\.(com|com\.cn|eu)$/,
];

/** Whether a page belongs to IAM Identity Center, so that a person may enter a password there. */
export function isAwsPage(url: URL): boolean {
  const host = url.hostname.replace(/\.$/, '');
  return url.protocol === 'https:' && url.port === '' && ownHosts.some((own) => own.test(host));
}

/** The region in the host of a portal: `<id>.portal.REGION.app.aws`. Undefined if it has none. */
export function regionInHost({ hostname }: URL): string | undefined {
  const region =
    /^[^.]+\.portal\.([^.]+)\.app\.aws$/.exec(hostname)?.[1] ??
    /^[^.]+\.([^.]+)\.portal\.amazonaws\.(?:com|com\.cn|eu)$/.exec(hostname)?.[1];
  return region !== undefined && isAwsRegion(region) ? region : undefined;
}

/** The partition of a portal of AWS. */
export function partitionOfHost({ hostname }: URL): string {
  if (hostname.endsWith('.cn')) return 'aws-cn';
  if (hostname.endsWith('.eu')) return 'aws-eusc';
  return /\.us-gov[-.]/.test(hostname) ? 'aws-us-gov' : 'aws';
}
