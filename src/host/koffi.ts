// The one door to koffi, which calls native code. Loading it takes about 6 ms: whoever imports this
// is imported lazily.
export { default as koffi } from 'koffi';
