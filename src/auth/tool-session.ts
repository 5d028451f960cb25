import type { LinkPlan } from '../clouds/contract.ts';
import type { Host } from '../host/host.ts';
import type { Session, SessionSource } from './session.ts';

/** What messages call the programs whose plain files are read. */
export const sourceNames = {
  atmos: 'Atmos',
  'aws-cli': 'the AWS CLI',
} as const satisfies Record<SessionSource, string>;

/** The token that another tool keeps in plain files for the service of the link. */
export async function toolSession(
  { toolTokens, limits = [] }: LinkPlan,
  host: Host,
): Promise<Session | undefined> {
  const credentials = await toolTokens?.read(host);
  if (toolTokens === undefined || credentials?.type !== 'sso') return undefined;
  return { credentials, clockOffsetMs: 0, limits, source: toolTokens.tool };
}
