// The stand-in for STS as a separate process: its options are StsOptions, its address is `url`.
import { runStandIn } from './stand-in-program.mjs';
import { startSts } from './sts-server.mjs';

/** @import { StsOptions } from './sts-types.ts' */

await runStandIn(async (/** @type {StsOptions} */ options) => {
  const { url, close } = await startSts(options);
  return { urls: { url }, close };
});
