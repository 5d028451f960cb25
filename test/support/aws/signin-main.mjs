// The stand-in for AWS Sign-In as a separate process: its options are SigninOptions, its address is `url`.
// With the option `sts`, the stand-in for STS runs as well, at `stsUrl`, and knows the credentials that are
// issued.
import { runStandIn } from '../stand-in-program.mjs';
import { startSts } from '../sts-server.mjs';
import { startSignin } from './signin.mjs';

/**
 * @import { StsOptions } from '../sts-types.ts'
 * @import { SigninOptions } from './signin-types.ts'
 *
 * @typedef {SigninOptions & { sts?: StsOptions }} Options
 */

await runStandIn(async (/** @type {Options} */ { sts: stsOptions, ...options }) => {
  const sts = stsOptions && (await startSts(stsOptions));
  const onCredentials = sts && { onCredentials: sts.addUserSession };
  const { url, close } = await startSignin({ ...options, ...onCredentials });
  return {
    urls: { url, ...(sts && { stsUrl: sts.url }) },
    async close() {
      await Promise.all([close(), sts?.close()]);
    },
  };
});
