import { ConfigurationError, checkPart, type LinkProblem } from '../../core/configuration-error.ts';
import { say } from '../../core/hint.ts';
import { showForConsent } from '../../core/json.ts';
import type { Identity, TrustNeed } from '../../core/kind-config.ts';
import { mapOf, setting, text } from '../../core/validate.ts';
import type { IdentityKind, LinkPlan, PlanContext } from '../contract.ts';
import { plannedCommand } from '../planned-command.ts';
import { endpointKeys, endpointTrustNeeds } from './endpoint-settings.ts';
import { outsidePlan, outsidePrincipal, readOutside } from './outside-settings.ts';

const commandKeys = {
  command: setting(
    text,
    "The command, run by the shell, for at most 60 seconds. It prints credentials as JSON, in the form of `credential_process` of the AWS CLI. Required. In a project's file it requires trust.",
    { isCommand: true },
  ),
};

/**
 * `aws/credential-process`: what another program prints for `credential_process` of the AWS CLI, such
 * as saml2aws for SAML. Its sessions are stored until they expire. Credentials without an expiry are
 * used and never stored.
 */
export const awsCredentialProcess: IdentityKind = {
  rootName: 'aws-credential-process',
  takes: [],
  gives: 'aws',
  schemas: { principal: outsidePrincipal, spec: mapOf({ ...commandKeys, ...endpointKeys }) },
  trustNeeds,
  plan,
};

const commandPath = ['spec', 'command'];

function trustNeeds(identity: Identity): readonly TrustNeed[] {
  const { command } = identity.spec;
  const ofEndpoint = endpointTrustNeeds(identity);
  if (typeof command !== 'string' || command === '') return ofEndpoint;
  const shown = showForConsent({ value: command, tag: identity.tagAt?.(commandPath) });
  return [{ path: commandPath, what: `runs the credential command ${shown}` }, ...ofEndpoint];
}

function plan(identity: Identity, { env }: PlanContext): LinkPlan {
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  const settings = readOutside(identity, report);
  const { command } = checkPart(identity, 'spec', mapOf(commandKeys), report) ?? {};
  if (!command && problems.length === 0) {
    report({
      path: command === undefined ? [] : commandPath,
      message:
        command === undefined
          ? 'has no spec.command, which the kind aws/credential-process needs'
          : 'is empty',
      hint: say('set spec.command to a program that prints credentials'),
    });
  }
  if (!command || problems.length > 0) throw new ConfigurationError(identity, problems);
  const directory = identity.besideFile?.('.', commandPath) ?? '';
  return {
    ...outsidePlan(identity, settings, env),
    name: identity.name,
    kind: identity.kind,
    gives: 'aws',
    slot: 'own',
    fingerprint: { 'spec.command': plannedCommand(command, directory) },
    open: async (context) => {
      const { runProcess } = await import('./process-answer.ts');
      return runProcess({ command, place: identity.locate(commandPath) }, settings, context);
    },
  };
}
