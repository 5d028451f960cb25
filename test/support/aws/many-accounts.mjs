/** @import { SsoAccount } from './identity-center-types.ts' */

/**
 * Accounts `account-0001`, `account-0002` … for the stand-in for IAM Identity Center.
 *
 * @param {number} count
 * @param {readonly string[]} [roles] the permission sets of each
 * @returns {SsoAccount[]}
 */
export function manyAccounts(count, roles = ['Administrator', 'Billing', 'ReadOnly']) {
  return Array.from({ length: count }, (_, at) => {
    const number = String(at + 1).padStart(4, '0');
    const name = `account-${number}`;
    return { id: `10000000${number}`, name, email: `${name}@example.com`, roles: [...roles] };
  });
}
