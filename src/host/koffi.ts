// The only module that imports koffi, which calls native code. Loading it takes about 6 ms: import
// modules that use it lazily.
export { default as koffi } from 'koffi';
