import {
  invalidAt,
  reportErrorAt,
  warningAt,
  type ReportFinding,
} from '../../app/config-problem.ts';
import type { IdentityStrategy } from '../../clouds/contract.ts';
import { identityKinds, otherIdentityKinds, strategyOf } from '../../clouds/registry.ts';
import { IdentityError } from '../../core/identity-error.ts';
import { quoteValue } from '../../core/json.ts';
import { identityParts, type Identity } from '../../core/kind-config.ts';
import { nearestName } from '../../core/names.ts';
import { parseDuration } from '../../core/time.ts';
import { findUnknownKeys, keysOf } from '../../core/validate.ts';

/** Checks the kind of an identity, and what is that kind's own. */
export async function checkKind(identity: Identity, report: ReportFinding): Promise<void> {
  checkDuration(identity, report);
  if (!identityKinds.includes(identity.kind)) reportKind(identity, report);
  else checkParts(identity, await strategyOf(identity), report);
}

function reportKind({ name, kind, tagAt }: Identity, report: ReportFinding): void {
  const path = ['auth', 'identities', name, 'kind'];
  if (kind === '') {
    // A profile, or another file, may give it one.
    report({ ...warningAt(path, 'is missing'), code: 'ERR_CONFIG_INVALID' });
  } else if (otherIdentityKinds.includes(kind)) {
    const message = `is ${kind}, which this version cannot use yet`;
    report({ ...warningAt(path, message), code: 'ERR_IDENTITY_UNSUPPORTED' });
  } else {
    const nearest = nearestName(kind, [...identityKinds, ...otherIdentityKinds]);
    const hint = nearest
      ? `did you mean ${nearest}?`
      : `kinds that work: ${identityKinds.join(', ')}`;
    const message = `is unknown: ${quoteValue({ value: kind, tag: tagAt?.(['kind']) })}`;
    report({ ...invalidAt(path, message, hint), code: 'ERR_IDENTITY_UNSUPPORTED' });
  }
}

/** The same for every kind. */
function checkDuration(
  { name, session: { duration }, tagAt }: Identity,
  report: ReportFinding,
): void {
  if (duration === undefined) return;
  const path = ['auth', 'identities', name, 'session', 'duration'];
  reportErrorAt(
    path,
    () => void parseDuration(duration, ''),
    ({ hints }) => {
      const message = `is not a duration: ${quoteValue({ value: duration, tag: tagAt?.(['session', 'duration']) })}`;
      report(invalidAt(path, message, hints[0]));
    },
  );
}

function checkParts(identity: Identity, strategy: IdentityStrategy, report: ReportFinding): void {
  const at = (...path: string[]) => ['auth', 'identities', identity.name, ...path];
  for (const part of identityParts) {
    const schema = strategy.schemas[part];
    for (const { key, nearest } of schema ? findUnknownKeys(identity[part], keysOf(schema)) : []) {
      report(warningAt(at(part, key), 'is not known', nearest && `did you mean ${nearest}?`));
    }
  }
  try {
    strategy.validate({ ...identity, session: {} });
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    for (const { path, message, hint } of error.problems) {
      report(invalidAt(at(...path), message, hint));
    }
  }
}
