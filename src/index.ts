export { AtmosError } from './core/errors.ts';
