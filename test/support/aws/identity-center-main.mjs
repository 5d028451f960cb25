// The stand-in for IAM Identity Center as a separate process: its options are IdentityCenterOptions,
// its addresses are `url` and `startUrl`. With the option `sts`, the stand-in for STS runs as well, at
// `stsUrl`, and knows the credentials that the portal issues.
import { runStandIn } from '../stand-in-program.mjs';
import { startSts } from '../sts-server.mjs';
import { startIdentityCenter } from './identity-center.mjs';

/**
 * @import { StsOptions } from '../sts-types.ts'
 * @import { IdentityCenterOptions } from './identity-center-types.ts'
 *
 * @typedef {IdentityCenterOptions & { sts?: StsOptions }} Options
 */

await runStandIn(async (/** @type {Options} */ { sts: stsOptions, ...options }) => {
  const sts = stsOptions && (await startSts(stsOptions));
  const onCredentials = sts && { onCredentials: sts.addSession };
  const { url, startUrl, close } = await startIdentityCenter({ ...options, ...onCredentials });
  return {
    urls: { url, startUrl, ...(sts && { stsUrl: sts.url }) },
    async close() {
      await Promise.all([close(), sts?.close()]);
    },
  };
});
