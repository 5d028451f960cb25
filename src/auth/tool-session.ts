import type { LinkPlan } from '../clouds/contract.ts';
import { credentialId, type Credentials } from '../core/credentials.ts';
import { sha256 } from '../core/sha256.ts';
import type { AuthContext } from './context.ts';
import { createOwnerRecord } from './owner-record.ts';
import type { Owner } from '../store/key.ts';
import type { Session, SessionSource } from './session.ts';

/** What messages call the programs whose plain files are read. */
export const sourceNames = {
  atmos: 'Atmos',
  'aws-cli': 'the AWS CLI',
} as const satisfies Record<SessionSource, string>;

type ToolContext = Pick<AuthContext, 'host' | 'realm'>;

/**
 * Which token of another tool the service has refused. The file still has it, and it has not expired, so
 * the next command would take it again.
 */
const refused = createOwnerRecord('refused-tokens');

/**
 * The token that another tool keeps in plain files for the service of the link. Undefined if the service
 * has refused it.
 */
export async function toolSession(
  { name, toolTokens, limits = [] }: LinkPlan,
  context: ToolContext,
): Promise<Session | undefined> {
  const credentials = await toolTokens?.read(context.host);
  if (toolTokens === undefined || credentials?.type !== 'sso') return undefined;
  const record = refused.read(ownerOf(context, name), context.host)?.['credentials'];
  if (record === sha256(credentialId(credentials))) return undefined;
  return { credentials, clockOffsetMs: 0, limits, source: toolTokens.tool };
}

/** Remembers a token that the service has refused, by its hash. */
export function noteRefused(
  context: ToolContext,
  { name }: LinkPlan,
  credentials: Credentials,
): void {
  const fields = { credentials: sha256(credentialId(credentials)) };
  refused.write(ownerOf(context, name), fields, context.host);
}

function ownerOf({ realm }: ToolContext, alias: string): Owner {
  return { realm: realm.value, alias };
}
